import { useEffect, useState } from 'preact/hooks';

import { countryName } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page, toTop } from '../../shared/page';
import { Link, navigate } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { announce } from '../../shared/announce';
import { StatusBadge } from '../status-badge';
import type { VerificationRow } from '../types';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const STATUSES = ['pending', 'approved', 'expired', 'canceled', 'failed'];

const COLUMNS: readonly Column<VerificationRow>[] = [
  { head: 'Phone', isName: true, cell: ({ id, phone }) => <Link href={`/admin/verifications/${id}`}>{phone}</Link> },
  { head: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
  { head: 'Country', cell: ({ country }) => countryName(country) },
  { head: 'Purpose', cell: ({ purpose }) => purpose },
  { head: 'Last text', cell: ({ delivery, channel }) => (delivery ? `${delivery} (${channel})` : '–') },
  { head: 'Texts', isNumber: true, cell: ({ sends }) => sends },
  { head: 'Guesses', isNumber: true, cell: ({ checks, maxChecks }) => `${checks} of ${maxChecks}` },
  { head: 'Begun', cell: ({ createdAt }) => <Ago at={createdAt} /> },
];

interface Query {
  readonly phone?: string;
  readonly status?: string;
  readonly before?: string;
}

function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

const toPath = (query: Query) => {
  const asked = Object.entries(query).filter(([, value]) => value) as [string, string][];
  return `/v1/admin/verifications?${new URLSearchParams(asked).toString()}`;
};

/** Those of one status are looked for among so many at a time, so none may be found here and some further back. */
function emptyText({ phone, status, before }: Query, hasOlder: boolean): string {
  if (hasOlder) return 'None among the 5,000 that were looked through. There may be older ones.';
  if (status) return `None that is ${status}.`;
  if (before) return 'Nothing more.';
  return phone
    ? 'None of this number. Is it written with its country, such as +14155552671?'
    : 'None yet. POST /v1/verifications begins one.';
}

/** Found by id or phone. The phone is not in the page's own address: addresses stay in histories. */
export function VerificationsPage() {
  const [query, setQuery] = useState<Query>({});
  const found = useResource<{ readonly verifications: readonly VerificationRow[]; readonly next: string | null }>(
    toPath(query),
  );
  useEffect(() => {
    if (found.data) announce(`${found.data.verifications.length} verifications.`);
  }, [found.data]);
  const turnTo = (before: string | undefined) => {
    toTop();
    setQuery({ ...query, before });
  };

  const search = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = textOf(form, 'text').trim();
    if (ID.test(text)) return navigate(`/admin/verifications/${text.toLowerCase()}`);
    const next = { phone: text, status: textOf(form, 'status') };
    if (toPath(next) === toPath(query)) found.reload();
    setQuery(next);
  };
  return (
    <Page title="Verifications" lede="Find one by its id, or all of a number.">
      <form class="inline" role="search" onSubmit={(event) => search(event)}>
        <label>
          Id or phone
          <input name="text" type="search" size={30} autocomplete="off" spellcheck={false} maxLength={64} />
        </label>
        <label>
          Status
          <select name="status">
            <option value="">any</option>
            {STATUSES.map((status) => (
              <option key={status}>{status}</option>
            ))}
          </select>
        </label>
        <button type="submit" class="primary">
          Search
        </button>
      </form>
      <Card title={query.phone ? 'Of this number' : 'Newest first'}>
        <Loaded of={found}>
          {({ verifications, next }) => (
            <>
              <Table
                caption="Verifications, newest first"
                columns={COLUMNS}
                rows={verifications}
                keyOf={({ id }) => id}
                empty={emptyText(query, next !== null)}
              />
              {(next ?? query.before) && (
                <div class="row">
                  {query.before && (
                    <button type="button" onClick={() => turnTo(undefined)}>
                      Newest
                    </button>
                  )}
                  {next && (
                    <button type="button" onClick={() => turnTo(next)}>
                      Older
                    </button>
                  )}
                </div>
              )}
            </>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
