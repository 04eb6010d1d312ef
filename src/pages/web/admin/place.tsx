import { count, millis, percent, usd, words } from '../shared/format';
import { Table, type Column } from '../shared/table';
import { Ago } from '../shared/time';
import { StateBadge } from './provider-state';
import type { Estimate, Place } from './types/routing';

const signed = (value: number) => `${value < 0 ? '−' : '+'}${percent(Math.abs(value))}`;
const range = ({ low, high }: Estimate) => `${percent(low)} to ${percent(high)}`;

const COLUMNS: readonly Column<Place['providers'][number]>[] = [
  { head: 'Provider', isName: true, cell: ({ provider }) => provider },
  { head: 'Stands', cell: ({ standing }) => (standing ? <StateBadge state={standing} /> : '–') },
  { head: 'Asked first', isNumber: true, cell: ({ share }) => percent(share) },
  {
    head: 'Converts',
    isNumber: true,
    cell: ({ conversion, verifications }) => (
      <>
        {percent(conversion.mean)}
        <div class="muted small">
          {range(conversion)}, of {count(verifications)}
        </div>
      </>
    ),
  },
  { head: 'Delivered', isNumber: true, cell: ({ deliveryRate }) => percent(deliveryRate) },
  { head: 'Takes', isNumber: true, cell: ({ latencyMs }) => millis(latencyMs) },
  { head: 'A segment', isNumber: true, cell: ({ priceUsd }) => usd(priceUsd) },
  {
    head: 'Failed, 5 min',
    isNumber: true,
    cell: ({ recent }) => `${count(recent.failed)} of ${count(recent.tries)}`,
  },
];

/** Who is asked first for texts to one destination, and why. */
export const PlaceReport = ({
  name,
  of: { why, providers, shadow },
}: {
  readonly name: string;
  readonly of: Place;
}) => (
  <>
    <p>{why}</p>
    <Table
      caption={`Providers for ${name}, the first to be asked first`}
      columns={COLUMNS}
      rows={providers}
      keyOf={({ provider }) => provider}
      empty="Nobody carries this channel there."
    />
    {shadow && (
      <div class="notice stack tight">
        <p>
          <strong>The shadow</strong> would have asked the same in {percent(shadow.agreement)} of {count(shadow.texts)}{' '}
          texts since <Ago at={shadow.since} />: conversion {signed(shadow.conversionGain.mean)} (
          {signed(shadow.conversionGain.low)} to {signed(shadow.conversionGain.high)}),{' '}
          {usd(Math.abs(shadow.priceGainUsd))} {shadow.priceGainUsd < 0 ? 'more' : 'less'} a segment; {shadow.basis}.
        </p>
        <p class="small">
          First of it:{' '}
          {Object.entries(shadow.shares)
            .map(([provider, share]) => `${provider} ${percent(share)}`)
            .join(', ')}
          . {shadow.caution}
        </p>
      </div>
    )}
  </>
);

/** How one text went: whom it was given to, by what word. */
export const TriesReport = ({ why, tries }: NonNullable<Place['message']>) => (
  <>
    <p>{why}</p>
    <ol>
      {tries.map(({ provider, route, outcome, fault, startedAt }) => (
        <li key={startedAt}>
          {provider}, by {words(route)}: {words(outcome)}
          {fault && ` (${words(fault)})`}
        </li>
      ))}
    </ol>
  </>
);
