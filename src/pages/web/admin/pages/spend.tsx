import { useMemo } from 'preact/hooks';

import { Bars } from '../../shared/chart';
import { count, countryName, usd } from '../../shared/format';
import { Empty, Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Table } from '../../shared/table';
import { useResource } from '../../shared/use-resource';
import { SpendMeter } from '../spend-meter';
import type { Spend } from '../types/spend';

/** What today's texts cost, by whom and where. */
export function SpendPage() {
  const spend = useResource<Spend>('/v1/admin/spend');
  return (
    <Page
      title="Spend"
      lede="Days are of UTC. Nothing leaves beyond the cap, SMS_DAILY_COST_LIMIT."
      actions={
        <button type="button" class="small" onClick={spend.reload}>
          Look again
        </button>
      }
    >
      <Loaded of={spend}>{(data) => <Details spend={data} />}</Loaded>
    </Page>
  );
}

function Details({ spend }: { readonly spend: Spend }) {
  const { day, capUsd, bookedUsd, reservedUsd, keptForKnownUsd, byProvider, byChannel, byHour } = spend;
  return (
    <>
      <Card title={`Today, ${day}`}>
        <SpendMeter cap={capUsd} booked={bookedUsd} reserved={reservedUsd} />
        <p class="muted small">
          {usd(bookedUsd)} booked, {usd(reservedUsd)} reserved. {usd(keptForKnownUsd)} of the cap is kept for numbers
          that were approved before.
        </p>
      </Card>
      <Card title="By hour">
        {byHour.length === 0 ? <Empty>No text was sent today.</Empty> : <HourChart day={day} byHour={byHour} />}
      </Card>
      <Card title="By provider and country">
        <Table
          caption="Spend by provider and country"
          columns={[
            { head: 'Provider', isName: true, cell: ({ provider }) => provider },
            { head: 'Country', cell: ({ country }) => countryName(country) },
            { head: 'Texts', isNumber: true, cell: ({ texts }) => count(texts) },
            { head: 'Dollars', isNumber: true, cell: ({ usd: dollars }) => usd(dollars) },
          ]}
          rows={byProvider}
          keyOf={({ provider, country }) => `${provider} ${country}`}
          empty="No text was sent today."
        />
      </Card>
      <Card title="By channel">
        <Table
          caption="Spend by channel"
          columns={[
            { head: 'Channel', isName: true, cell: ({ channel }) => channel },
            { head: 'Texts', isNumber: true, cell: ({ texts }) => count(texts) },
            { head: 'Dollars', isNumber: true, cell: ({ usd: dollars }) => usd(dollars) },
          ]}
          rows={byChannel}
          keyOf={({ channel }) => channel}
          empty="No text was sent today."
        />
      </Card>
    </>
  );
}

const HOUR_MS = 3_600_000;

/** The whole day, also the hours in which nothing was sent. */
function HourChart({ day, byHour }: Pick<Spend, 'day' | 'byHour'>) {
  const bars = useMemo(() => {
    const spent = new Map(byHour.map(({ hour, usd: dollars }) => [Date.parse(hour), dollars]));
    return Array.from({ length: 24 }, (_, index) => {
      const at = Date.parse(`${day}T00:00:00Z`) + index * HOUR_MS;
      return { at: new Date(at).toISOString(), values: [spent.get(at) ?? 0, 0] as const };
    });
  }, [day, byHour]);
  const most = byHour.reduce((a, b) => (b.usd > a.usd ? b : a));
  const summary = `Dollars an hour today; the most was ${usd(most.usd)}, in the hour from ${most.hour}.`;
  return <Bars summary={summary} names={['dollars']} bars={bars} format={usd} stepSecs={3_600} reach={0.01} />;
}
