import { useMemo } from 'preact/hooks';

import { Bars } from '../../shared/chart';
import { Choose, ChooseCountry } from '../../shared/choose';
import { onFields } from '../../shared/fields';
import { count, countryName, millis, percent, usd } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { navigate, queryOf, useAsked, type Asked } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { useProviderNames } from '../live';
import type { Analytics, Dimension, Figures } from '../types/analytics';

const HOUR_MS = 3_600_000;
const PERIODS = [
  ['1', '24 hours'],
  ['7', '7 days'],
  ['30', '30 days'],
  ['92', '92 days'],
] as const;
const DIMENSIONS: readonly Dimension[] = ['provider', 'country', 'template', 'variant', 'channel', 'day', 'hour'];

type Row = Analytics['rows'][number];

const FIGURES: readonly Column<Figures>[] = [
  { head: 'Sent', isNumber: true, cell: ({ sent }) => count(sent) },
  { head: 'Delivered', isNumber: true, cell: ({ delivered }) => count(delivered) },
  { head: 'Approved', isNumber: true, cell: ({ approved }) => count(approved) },
  { head: 'Conversion', isNumber: true, cell: ({ conversion }) => percent(conversion) },
  { head: 'Half within', isNumber: true, cell: ({ latencyP50Ms }) => millis(latencyP50Ms) },
  { head: '95 % within', isNumber: true, cell: ({ latencyP95Ms }) => millis(latencyP95Ms) },
  { head: 'Cost', isNumber: true, cell: ({ costUsd }) => usd(costUsd) },
  { head: 'An approval', isNumber: true, cell: ({ costPerApprovalUsd }) => usd(costPerApprovalUsd) },
];

const said = (dimension: Dimension, value = ''): string =>
  dimension === 'country' ? countryName(value) : value || (dimension === 'template' ? 'of its own' : 'none');

/** All rows, and after them what they make together. */
const columnsOf = (by: readonly Dimension[]): readonly Column<Row>[] => [
  ...by.map(
    (dimension, index): Column<Row> => ({
      head: dimension.charAt(0).toUpperCase() + dimension.slice(1),
      isName: index === 0,
      cell: (row) => (dimension in row ? said(dimension, row[dimension]) : index === 0 ? <strong>All</strong> : '–'),
    }),
  ),
  ...FIGURES,
];

const withTotal = (rows: readonly Row[], total: Row): readonly Row[] => (rows.length > 0 ? [...rows, total] : rows);

/** Whole hours, so that the address of the same question stays the same for one. */
const since = (days: number): string =>
  new Date(Math.floor(Date.now() / HOUR_MS - days * 24 + 1) * HOUR_MS).toISOString();

/** What texts brought, and what that cost. */
export function AnalyticsPage() {
  const asked = useAsked();
  const { days = '7', by = 'provider', and, provider, country } = asked;
  const from = useMemo(() => since(Number(days) || 7), [days]);
  const only = { from, provider, country };
  const question = `/v1/admin/analytics${queryOf({ ...only, by: [by, and].filter((each, index) => each && (index === 0 || each !== by)).join() })}`;
  const found = useResource<Analytics>(question);
  const step = days === '1' ? 'hour' : 'day';
  const course = useResource<Analytics>(`/v1/admin/analytics${queryOf({ ...only, by: step })}`);
  return (
    <Page
      title="Analytics"
      lede={
        found.data?.countedAt ? (
          <>
            What texts brought, and what that cost. Counted <Ago at={found.data.countedAt} />.
          </>
        ) : (
          'What texts brought, and what that cost. Not counted yet: that happens every minute.'
        )
      }
      actions={
        <a class="button" href={`${question}&format=csv`} download="analytics.csv">
          CSV
        </a>
      }
    >
      <Question asked={{ ...asked, days, by }} />
      <Card title={step === 'day' ? 'Sent a day' : 'Sent an hour'}>
        <Loaded of={course}>{(analytics) => <Course analytics={analytics} step={step} />}</Loaded>
      </Card>
      <Card title="What it brought">
        <Loaded of={found}>
          {({ by: dimensions, rows, total, truncated }) => (
            <>
              {truncated && <p class="notice warn">There are more: choose a shorter time, or fewer of them.</p>}
              <Table
                caption={`Texts by ${dimensions.join(' and ')}`}
                columns={columnsOf(dimensions)}
                rows={withTotal(rows, total)}
                keyOf={(row, index) => dimensions.map((each) => row[each]).join(' ') || String(index)}
                empty="No text was sent in this time, as far as it is counted."
              />
            </>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}

function Question({ asked: { days, by, and, provider, country } }: { readonly asked: Asked }) {
  const providers = useProviderNames();
  return (
    <form class="inline" onSubmit={onFields((fields) => navigate(`/admin/analytics${queryOf(fields)}`))}>
      <Choose label="The last" name="days" options={PERIODS} value={days} />
      <Choose label="By" name="by" options={DIMENSIONS} value={by} />
      <Choose label="and by" name="and" options={DIMENSIONS} none="nothing more" value={and} />
      <Choose label="Provider" name="provider" options={providers} none="any" value={provider} />
      <ChooseCountry value={country} />
      <button type="submit" class="primary">
        Show
      </button>
    </form>
  );
}

/** The whole time, also when nothing was sent. */
function Course({ analytics, step }: { readonly analytics: Analytics; readonly step: 'day' | 'hour' }) {
  const stepMs = step === 'day' ? 24 * HOUR_MS : HOUR_MS;
  const bars = useMemo(() => {
    const rows = new Map(analytics.rows.map((row) => [Date.parse(row[step] ?? ''), row]));
    const first = Math.floor(Date.parse(analytics.from) / stepMs) * stepMs;
    return Array.from({ length: Math.ceil((Date.parse(analytics.to) - first) / stepMs) }, (_, index) => {
      const { sent = 0, approved = 0 } = rows.get(first + index * stepMs) ?? {};
      const at = new Date(first + index * stepMs).toISOString();
      return { at, values: [approved, Math.max(0, sent - approved)] as const };
    });
  }, [analytics, step]);
  const { sent, approved } = analytics.total;
  return (
    <Bars
      summary={`Texts in this time: ${count(sent)} were sent, ${count(approved)} approved.`}
      names={['approved', 'not approved']}
      bars={bars}
      isCalm
      format={count}
      stepSecs={stepMs / 1_000}
      reach={4}
    />
  );
}
