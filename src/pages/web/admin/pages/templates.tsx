import { useState } from 'preact/hooks';

import { Badge } from '../../shared/badge';
import { count } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Link } from '../../shared/router';
import { Table, type Column } from '../../shared/table';
import { useResource } from '../../shared/use-resource';
import { dearest, toPage } from '../draft';
import { Experiments } from '../experiments';
import type { LintedTemplate } from '../types/templates';

const COLUMNS: readonly Column<LintedTemplate>[] = [
  {
    head: 'Template',
    isName: true,
    cell: (template) => (
      <Link href={toPage(template)}>
        {template.name}
        {template.variant && ` · ${template.variant}`}
      </Link>
    ),
  },
  { head: 'Language', cell: ({ locale }) => locale },
  { head: 'From', cell: ({ source, version }) => (version === null ? source : `${source}, v${version}`) },
  {
    head: 'Segments',
    isNumber: true,
    cell: ({ text }) => (text ? `${text.segments} (${text.encoding}, ${text.size}/${text.capacity})` : '–'),
  },
  { head: 'At most', isNumber: true, cell: ({ prices }) => dearest(prices) },
  {
    head: 'Faults',
    cell: ({ problems }) =>
      problems.length === 0 ? (
        <span class="muted">none</span>
      ) : (
        <>
          <Badge tone="warn">{problems.length}</Badge> <span class="small">{problems.join('; ')}</span>
        </>
      ),
  },
];

/** What texts say, in each language, and which wordings are tried against each other. */
export function TemplatesPage() {
  const templates = useResource<readonly LintedTemplate[]>('/v1/admin/templates');
  const [wanted, setWanted] = useState('');
  const isWanted = ({ name, locale, source }: LintedTemplate) =>
    `${name} ${locale} ${source}`.toLowerCase().includes(wanted.toLowerCase());
  return (
    <Page title="Templates" lede="What texts say, in each language, and what that takes.">
      <Experiments />
      <Card
        title="Templates"
        aside={
          <label class="row">
            Filter
            <input type="search" value={wanted} onInput={({ currentTarget }) => setWanted(currentTarget.value)} />
          </label>
        }
      >
        <Loaded of={templates}>
          {(all) => {
            const shown = all.filter(isWanted);
            return (
              <>
                <p class="muted small" role="status">
                  {count(shown.length)} of {count(all.length)}
                </p>
                <Table
                  caption="Templates by name and language"
                  columns={COLUMNS}
                  rows={shown}
                  keyOf={({ name, locale, variant }) => `${name} ${locale} ${variant ?? ''}`}
                  empty="None matches. Filter by a name, such as verification, or a language, such as pt-BR."
                />
              </>
            );
          }}
        </Loaded>
      </Card>
    </Page>
  );
}
