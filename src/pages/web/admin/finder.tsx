import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { announce } from '../shared/announce';
import { onFields } from '../shared/fields';
import { Loaded } from '../shared/loaded';
import { Card, Page } from '../shared/page';
import { Pager } from '../shared/pager';
import { navigate, queryOf, useAsked } from '../shared/router';
import { Table, type Column } from '../shared/table';
import { useResource } from '../shared/use-resource';

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface FinderProps<Row> {
  readonly title: string;
  /** In the paths of the pages and of the API, and in its answers. */
  readonly name: 'verifications' | 'messages';
  /** By what more than phone and id they are found, in the address. */
  readonly by: readonly string[];
  /** Fields of these names. */
  readonly fields: (asked: Readonly<Record<string, string | undefined>>) => ComponentChildren;
  readonly columns: readonly Column<Row>[];
  /** What would bring the first. */
  readonly none: string;
}

/** Found by id or phone, and more. The phone is not in the page's own address: addresses stay in histories. */
export function Finder<Row extends { readonly id: string }>(props: FinderProps<Row>) {
  const { title, name, by, fields, columns, none } = props;
  const all = useAsked();
  const asked = Object.fromEntries([...by, 'before'].map((each) => [each, all[each]]));
  const [phone, setPhone] = useState<string>();
  const found = useResource<Readonly<Record<string, readonly Row[]>> & { readonly next: string | null }>(
    `/v1/admin/${name}${queryOf({ ...asked, phone })}`,
  );
  const rows = found.data?.[name];
  useEffect(() => {
    if (rows) announce(`${rows.length} ${title.toLowerCase()}.`);
  }, [rows]);

  const search = onFields(({ text = '', ...chosen }) => {
    if (ID.test(text)) return navigate(`/admin/${name}/${text.toLowerCase()}`);
    setPhone(text || undefined);
    navigate(`/admin/${name}${queryOf(chosen)}`);
    found.reload();
  });
  const isNarrowed = phone !== undefined || by.some((each) => asked[each]);
  return (
    <Page title={title} lede="Find one by its id, or all of a number.">
      <form class="inline" role="search" onSubmit={search}>
        <label>
          Id or phone
          <input name="text" type="search" size={30} autocomplete="off" spellcheck={false} maxLength={64} />
        </label>
        {fields(asked)}
        <button type="submit" class="primary">
          Search
        </button>
      </form>
      <Card title={phone ? 'Of this number' : asked.before ? 'Older ones' : 'Newest first'}>
        <Loaded of={found}>
          {({ next }) => (
            <>
              <Table
                caption={`${title}, newest first`}
                columns={columns}
                rows={rows ?? []}
                keyOf={({ id }) => id}
                empty={
                  phone
                    ? 'None of this number. Is it written with its country, such as +14155552671?'
                    : next
                      ? 'None among these. Older ones may be.'
                      : isNarrowed
                        ? 'None is like that.'
                        : none
                }
              />
              <Pager next={next} />
            </>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
