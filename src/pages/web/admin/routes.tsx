import type { FunctionComponent } from 'preact';

import { Page } from '../shared/page';
import { Link } from '../shared/router';
import type { PageProps } from './page-props';
import { AnalyticsPage } from './pages/analytics';
import { AuditPage } from './pages/audit';
import { CountriesPage } from './pages/countries';
import { KeysPage } from './pages/keys';
import { MessagePage } from './pages/message';
import { MessagesPage } from './pages/messages';
import { NowPage } from './pages/now';
import { ProviderPage } from './pages/provider';
import { ProvidersPage } from './pages/providers';
import { RoutingPage } from './pages/routing';
import { SendersPage } from './pages/senders';
import { SpendPage } from './pages/spend';
import { TemplatePage } from './pages/template';
import { TemplatesPage } from './pages/templates';
import { VerificationPage } from './pages/verification';
import { VerificationsPage } from './pages/verifications';
import { WebhookPage } from './pages/webhook';
import { WebhooksPage } from './pages/webhooks';

interface Route {
  readonly path: string;
  /** In the menu; undefined: not there. */
  readonly name?: string;
  readonly Page: FunctionComponent<PageProps>;
}

export const HOME = '/admin';

export const ROUTES: readonly Route[] = [
  { path: HOME, name: 'Now', Page: NowPage },
  { path: '/admin/providers', name: 'Providers', Page: ProvidersPage },
  { path: '/admin/senders', name: 'Senders', Page: SendersPage },
  { path: '/admin/routing', name: 'Routing', Page: RoutingPage },
  { path: '/admin/verifications', name: 'Verifications', Page: VerificationsPage },
  { path: '/admin/messages', name: 'Texts', Page: MessagesPage },
  { path: '/admin/analytics', name: 'Analytics', Page: AnalyticsPage },
  { path: '/admin/countries', name: 'Countries', Page: CountriesPage },
  { path: '/admin/spend', name: 'Spend', Page: SpendPage },
  { path: '/admin/templates', name: 'Templates', Page: TemplatesPage },
  { path: '/admin/webhooks', name: 'Webhooks', Page: WebhooksPage },
  { path: '/admin/keys', name: 'Keys', Page: KeysPage },
  { path: '/admin/audit', name: 'Audit log', Page: AuditPage },
];

/** With an id, or more, after the path. */
const WITH_ID: readonly Route[] = [
  { path: '/admin/providers/', Page: ProviderPage },
  { path: '/admin/verifications/', Page: VerificationPage },
  { path: '/admin/messages/', Page: MessagePage },
  { path: '/admin/templates/', Page: TemplatePage },
  { path: '/admin/webhooks/', Page: WebhookPage },
];

export function pageAt(path: string): { readonly Page: FunctionComponent<PageProps>; readonly id: string } {
  const exact = ROUTES.find((route) => route.path === path);
  if (exact) return { Page: exact.Page, id: '' };
  const longer = WITH_ID.find((route) => path.startsWith(route.path));
  return longer ? { Page: longer.Page, id: path.slice(longer.path.length) } : { Page: Nothing, id: '' };
}

const Nothing = () => (
  <Page title="Nothing here">
    <p>
      There is no page at this address. <Link href={HOME}>See what happens now.</Link>
    </p>
  </Page>
);
