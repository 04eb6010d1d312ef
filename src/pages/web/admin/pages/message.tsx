import { countryName, usd } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { Facts } from '../facts';
import type { PageProps } from '../page-props';
import { StatusBadge } from '../status-badge';
import { Timeline } from '../timeline';
import type { MessageWay } from '../types/messages';

/** One text's whole way. */
export function MessagePage({ id }: PageProps) {
  const way = useResource<MessageWay>(`/v1/admin/messages/${id}`);
  return (
    <Page
      title={way.data ? `Text to ${way.data.phone}` : 'Text'}
      lede={<code>{id}</code>}
      actions={
        <Link class="button" href={`/admin/routing?message=${id}`}>
          Why this provider
        </Link>
      }
    >
      <Loaded of={way}>
        {(it) => (
          <>
            <Card title="What it is" aside={<StatusBadge status={it.status} />}>
              <Facts
                facts={[
                  ['Template', it.template || 'a text of its own'],
                  ['Channel', it.channel],
                  ['Country', countryName(it.country)],
                  ['Provider', it.provider ?? 'none yet'],
                  ['Tries', it.attempts],
                  ['Cost', usd(it.cost)],
                  ['Begun', <Time at={it.createdAt} />],
                  [
                    'Verification',
                    it.verificationId ? (
                      <Link href={`/admin/verifications/${it.verificationId}`}>its way</Link>
                    ) : (
                      'none'
                    ),
                  ],
                ]}
              />
            </Card>
            <Card title="Its way">
              <Timeline steps={it.timeline} />
            </Card>
          </>
        )}
      </Loaded>
    </Page>
  );
}
