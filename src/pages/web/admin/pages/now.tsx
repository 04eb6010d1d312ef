import { useMemo } from 'preact/hooks';

import { Bars } from '../../shared/chart';
import { count, millis, percent, span, usd } from '../../shared/format';
import { Skeleton } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Ago } from '../../shared/time';
import { useLive } from '../live';
import { StateBadge } from '../provider-state';
import { SpendMeter } from '../spend-meter';
import type { Now } from '../types/now';
import type { Provider } from '../types/providers';

/** What happens now, each second. */
export function NowPage() {
  const { now } = useLive();
  return (
    <Page title="Now" lede={now && <>As {now.instance} sees it.</>}>
      {now ? <Moment now={now} /> : <Skeleton lines={8} />}
    </Page>
  );
}

function Moment({ now: { sends, verifications, spend, outbox, providers } }: { readonly now: Now }) {
  return (
    <>
      <dl class="tiles">
        <Tile name="Sends in the last minute" value={count(sends.lastMinute)} />
        <Tile name="Taken by a provider" value={percent(sends.successRate)} note="of the last 5 minutes" />
        <Tile
          name="Approved"
          value={percent(verifications.conversion)}
          note={`${count(verifications.approved)} of ${count(verifications.started)} in the last hour`}
        />
        <Tile
          name="Outbox"
          value={count(outbox.waiting)}
          note={
            outbox.waiting === 0 || outbox.oldestSecs === null
              ? 'nothing waits'
              : `the oldest waits ${span(outbox.oldestSecs)}`
          }
        />
      </dl>
      <section aria-label="Providers" class="grid">
        {providers.map((provider) => (
          <Standing key={provider.name} provider={provider} />
        ))}
        {providers.length === 0 && (
          <p class="card empty">No provider is configured. Set the credentials of one, and start again.</p>
        )}
      </section>
      <Card title="Sends a minute">
        <SendsChart perMinute={sends.perMinute} />
      </Card>
      <Card title="Spend today" aside={<Link href="/admin/spend">All of it</Link>}>
        <SpendMeter cap={spend.limit} booked={spend.settled} reserved={spend.reserved} />
        <p class="muted small">
          {usd(spend.settled)} booked, {usd(spend.reserved)} reserved for what is on its way. The day is {spend.day} of
          UTC.
        </p>
      </Card>
    </>
  );
}

interface TileProps {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
}

const Tile = ({ name, value, note }: TileProps) => (
  <div class="card tile">
    <dt>{name}</dt>
    <dd>{value}</dd>
    {note && <dd class="small muted">{note}</dd>}
  </div>
);

/** Which state a provider is in, since when, and why. */
function Standing({ provider }: { readonly provider: Provider }) {
  const { name, state, since, why, recent } = provider;
  return (
    <article class="card stack tight" data-provider={name}>
      <div class="row between">
        <h2>
          <Link href={`/admin/providers/${encodeURIComponent(name)}`}>{name}</Link>
        </h2>
        <StateBadge state={state} />
      </div>
      <p class="muted small">
        since <Ago at={since} />
        {why && <>: {why}</>}
      </p>
      <p class="small">
        {recent.calls === 0
          ? 'Nothing was sent by it in the last 5 minutes.'
          : `${count(recent.calls)} ${recent.calls === 1 ? 'try' : 'tries'} in 5 minutes, ${count(recent.failed)} failed${latencyOf(recent)}.`}
      </p>
    </article>
  );
}

const latencyOf = ({ p50Ms, p95Ms }: Provider['recent']) =>
  p50Ms === null ? '' : `; half took less than ${millis(p50Ms)}, 95\u00a0% less than ${millis(p95Ms)}`;

function SendsChart({ perMinute }: { readonly perMinute: Now['sends']['perMinute'] }) {
  const bars = useMemo(
    () => perMinute.map(({ at, accepted, failed }) => ({ at, values: [accepted, failed] as const })),
    [perMinute],
  );
  const [taken, not] = perMinute.reduce(([a, b], { accepted, failed }) => [a + accepted, b + failed], [0, 0]);
  const summary = `Sends a minute in the last hour: ${count(taken)} were taken by a provider, ${count(not)} were not.`;
  return <Bars summary={summary} names={['taken', 'not taken']} bars={bars} format={count} stepSecs={60} reach={4} />;
}
