import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Pager } from '../../shared/pager';
import { queryOf, useAsked } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import type { Act } from '../types/audit';

const COLUMNS: readonly Column<Act>[] = [
  { head: 'When', cell: ({ at }) => <Time at={at} /> },
  { head: 'Who', isName: true, cell: ({ who }) => who },
  { head: 'Did', cell: ({ act }) => <code>{act}</code> },
  { head: 'To', cell: ({ subject }) => subject ?? '–' },
  { head: 'From', cell: ({ network }) => network ?? '–' },
];

/** As many as the API answers at once. */
const PAGE = 100;

/** Every operator's act. */
export function AuditPage() {
  const { before } = useAsked();
  const found = useResource<{ readonly acts: readonly Act[] }>(`/v1/admin/audit${queryOf({ before })}`);
  return (
    <Page
      title="Audit log"
      lede="What operators did, by the dashboard, by keys and by the command line. Nobody changes it."
    >
      <Card title={before ? 'Older acts' : 'Newest first'}>
        <Loaded of={found}>
          {({ acts }) => (
            <>
              <Table
                caption="Acts of operators, newest first"
                columns={COLUMNS}
                rows={acts}
                keyOf={({ id }) => id}
                empty="Nothing more."
              />
              <Pager next={acts.length === PAGE ? (acts.at(-1)?.id ?? null) : null} />
            </>
          )}
        </Loaded>
      </Card>
    </Page>
  );
}
