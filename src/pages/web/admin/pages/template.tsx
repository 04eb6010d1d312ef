import { useState } from 'preact/hooks';

import { call, post } from '../../shared/api';
import { Confirm } from '../../shared/confirm';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { queryOf } from '../../shared/router';
import { Table } from '../../shared/table';
import { Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { Draft } from '../draft';
import type { PageProps } from '../page-props';
import type { Template } from '../types/templates';

type Version = Template['versions'][number];

/** One template in one language: what it says now, what it is to say, and what it said before. */
export function TemplatePage({ id }: PageProps) {
  const [name = '', locale = '', variant] = id.split('/').map(decodeURIComponent);
  const path = `/v1/admin/templates/${encodeURIComponent(name)}/${encodeURIComponent(locale)}`;
  const wording = queryOf({ variant });
  const template = useResource<Template>(path + wording);
  const [back, setBack] = useState<Version>();
  const [isRemoving, setRemoving] = useState(false);
  return (
    <Page title={[name, locale, variant].filter(Boolean).join(' · ')} lede="Template">
      <Loaded of={template}>
        {(it) => (
          <>
            <Card title="Now" aside={<Source of={it} onRemove={() => setRemoving(true)} />}>
              <pre tabIndex={0}>{it.body}</pre>
            </Card>
            <Draft template={it} saved={template.set} />
            <Card title="Versions">
              <Versions of={it} onBack={setBack} />
            </Card>
          </>
        )}
      </Loaded>
      {back && (
        <Confirm
          title={`Roll back to version ${back.version}?`}
          action="Roll back"
          done={`Version ${back.version} is in use again.`}
          act={() =>
            post<Template>(`${path}/rollback`, { version: back.version, ...(variant && { variant }) }).then(
              template.set,
            )
          }
          onClose={() => setBack(undefined)}
        >
          <p>Its text becomes the newest version:</p>
          <pre>{back.body}</pre>
        </Confirm>
      )}
      {isRemoving && (
        <Confirm
          title={variant ? `Remove the wording ${variant}?` : 'Send the text of the file again?'}
          action={variant ? 'Remove it' : 'Send it'}
          isDangerous
          done={variant ? 'The wording is removed.' : 'The text of the file is sent again.'}
          act={() => call('DELETE', path + wording).then(template.reload)}
          onClose={() => setRemoving(false)}
        >
          <p>Texts under way keep theirs. The versions stay here, to go back to.</p>
        </Confirm>
      )}
    </Page>
  );
}

const Source = ({
  of: { source, version, variant },
  onRemove,
}: {
  readonly of: Template;
  readonly onRemove: () => void;
}) => (
  <span class="row">
    <span class="muted small">{version === null ? source : `version ${version}`}</span>
    {source === 'database' && (
      <button type="button" class="small" onClick={onRemove}>
        {variant ? 'Remove this wording' : 'Back to the file’s'}
      </button>
    )}
  </span>
);

const Versions = ({
  of: { version, versions },
  onBack,
}: {
  readonly of: Template;
  readonly onBack: (version: Version) => void;
}) => (
  <Table
    caption="Versions, newest first"
    columns={[
      { head: 'Version', isName: true, cell: (one) => `v${one.version}${one.deletedAt ? ' (removed)' : ''}` },
      { head: 'Text', cell: (one) => one.body },
      { head: 'By', cell: (one) => one.createdBy },
      { head: 'When', cell: (one) => <Time at={one.createdAt} /> },
      {
        head: 'Again',
        cell: (one) =>
          one.version === version ? (
            <span class="muted">in use</span>
          ) : (
            <button type="button" class="small" onClick={() => onBack(one)}>
              Roll back<span class="hidden"> to version {one.version}</span>
            </button>
          ),
      },
    ]}
    rows={versions}
    keyOf={(one) => String(one.version)}
    empty="It has never been changed: the text is the one of the file."
  />
);
