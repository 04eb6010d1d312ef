import { countryName } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { Facts } from '../facts';
import { StatusBadge } from '../status-badge';
import { Timeline } from '../timeline';
import type { PageProps } from '../page-props';
import type { VerificationWay } from '../types/verifications';

/** One verification's whole way: limits, decision, texts and tries, reports, guesses, its end. */
export function VerificationPage({ id }: PageProps) {
  const way = useResource<VerificationWay>(`/v1/admin/verifications/${id}`);
  return (
    <Page
      title={way.data ? `Verification of ${way.data.phone}` : 'Verification'}
      lede={<code>{id}</code>}
      actions={
        <button type="button" class="small" onClick={way.reload}>
          Look again
        </button>
      }
    >
      <Loaded of={way}>
        {(it) => (
          <>
            <Card title="What it is" aside={<StatusBadge status={it.status} />}>
              <Facts
                facts={[
                  ['Purpose', it.purpose],
                  ['Channel', it.channel],
                  ['Country', countryName(it.country)],
                  ['Language', it.locale ?? 'by the country'],
                  ['Texts', it.sends],
                  ['Guesses', `${it.checks} of ${it.maxChecks}`],
                  ['Begun', <Time at={it.createdAt} />],
                  it.endedAt ? ['Ended', <Time at={it.endedAt} />] : ['Expires', <Time at={it.expiresAt} />],
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
