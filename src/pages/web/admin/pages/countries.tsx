import { useState } from 'preact/hooks';

import { post } from '../../shared/api';
import { Badge } from '../../shared/badge';
import { Confirm } from '../../shared/confirm';
import { count, countryName, percent, usd } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import type { Country } from '../types/countries';

/** What each country brought in a day, and which of its blocks of numbers are blocked. */
export function CountriesPage() {
  const found = useResource<{ readonly since: string; readonly countries: readonly Country[] }>('/v1/admin/countries');
  const [toUnblock, setToUnblock] = useState<Country>();
  const columns: readonly Column<Country>[] = [
    {
      head: 'Country',
      isName: true,
      cell: ({ country }) =>
        /^(?!ZZ)[A-Z]{2}$/.test(country) ? (
          <Link href={`/admin/messages?country=${country}`}>{countryName(country)}</Link>
        ) : (
          countryName(country)
        ),
    },
    { head: 'Begun', isNumber: true, cell: ({ started }) => count(started) },
    { head: 'Approved', isNumber: true, cell: ({ approved }) => count(approved) },
    { head: 'Conversion', isNumber: true, cell: ({ conversion }) => percent(conversion) },
    { head: 'Refused', isNumber: true, cell: ({ blocked }) => count(blocked) },
    { head: 'Cost', isNumber: true, cell: ({ cost }) => usd(cost) },
    { head: 'Blocked prefixes', cell: (country) => <Blocks of={country} onUnblock={() => setToUnblock(country)} /> },
  ];
  return (
    <Page title="Countries" lede="The last 24 hours. Blocks of numbers that do not convert are refused for a while.">
      <Card title="What each brought">
        <Loaded of={found}>
          {({ countries }) => (
            <Table
              caption="Countries, the busiest first"
              columns={columns}
              rows={countries}
              keyOf={({ country }) => country}
              empty="Nothing was begun in the last 24 hours."
            />
          )}
        </Loaded>
      </Card>
      {toUnblock && (
        <Confirm
          title={`Unblock ${countryName(toUnblock.country)}?`}
          action="Unblock"
          done={`${countryName(toUnblock.country)} is unblocked.`}
          act={() => post('/v1/admin/fraud/unblock', { country: toUnblock.country }).then(found.reload)}
          onClose={() => setToUnblock(undefined)}
        >
          <p>
            All {toUnblock.prefixes.length} blocked prefixes of this country get texts again, and begin with fresh
            budgets.
          </p>
        </Confirm>
      )}
    </Page>
  );
}

const WIDTH: Readonly<Record<string, string>> = {
  cc: 'the whole country',
  rng: 'a million numbers',
  b4: '10,000 numbers',
  b3: '1,000 numbers',
  b2: '100 numbers',
};

function Blocks({
  of: { country, prefixes, unblock },
  onUnblock,
}: {
  readonly of: Country;
  readonly onUnblock: () => void;
}) {
  if (prefixes.length === 0) return <span class="muted">none</span>;
  return (
    <div class="stack tight">
      {prefixes.slice(0, 5).map(({ level, blockedUntil, strikes }, index) => (
        <div key={index} class="row">
          <Badge tone="bad">{WIDTH[level] ?? level}</Badge>
          <span class="small muted">
            ends <Ago at={blockedUntil} />
            {strikes > 1 && `, ${strikes} times now`}
          </span>
        </div>
      ))}
      {prefixes.length > 5 && <span class="small muted">and {prefixes.length - 5} more</span>}
      {unblock && (
        <div>
          <button type="button" class="small" onClick={onUnblock}>
            Unblock<span class="hidden"> {countryName(country)}</span>
          </button>
        </div>
      )}
    </div>
  );
}
