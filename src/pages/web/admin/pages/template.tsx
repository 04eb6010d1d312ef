import { useState } from 'preact/hooks';

import { post } from '../../shared/api';
import { Confirm } from '../../shared/confirm';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Table } from '../../shared/table';
import { Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import type { PageProps } from '../page-props';
import type { Template } from '../types';

type Version = Template['versions'][number];

/** One template in one language: what it says now, and said before. */
export function TemplatePage({ id }: PageProps) {
  const [name = '', locale = '', variant] = id.split('/');
  const path = `/v1/admin/templates/${name}/${locale}`;
  const template = useResource<Template>(`${path}${variant ? `?variant=${variant}` : ''}`);
  const [back, setBack] = useState<Version>();
  return (
    <Page
      title={[name, locale, variant]
        .filter(Boolean)
        .map((part) => decodeURIComponent(part ?? ''))
        .join(' · ')}
      lede="Template"
    >
      <Loaded of={template}>
        {({ body, source, version, versions }) => (
          <>
            <Card
              title="Now"
              aside={<span class="muted small">{version === null ? source : `version ${version}`}</span>}
            >
              <pre tabIndex={0}>{body}</pre>
              <p class="muted small">
                Change it by <code>PUT {path}</code>; running programs take it in within seconds.
              </p>
            </Card>
            <Card title="Versions">
              <Table
                caption="Versions, newest first"
                columns={[
                  {
                    head: 'Version',
                    isName: true,
                    cell: (one) => `v${one.version}${one.deletedAt ? ' (removed)' : ''}`,
                  },
                  { head: 'Text', cell: (one) => one.body },
                  { head: 'By', cell: (one) => one.createdBy },
                  { head: 'When', cell: (one) => <Time at={one.createdAt} /> },
                  {
                    head: 'Again',
                    cell: (one) =>
                      one.version === version ? (
                        <span class="muted">in use</span>
                      ) : (
                        <button type="button" class="small" onClick={() => setBack(one)}>
                          Roll back<span class="hidden"> to version {one.version}</span>
                        </button>
                      ),
                  },
                ]}
                rows={versions}
                keyOf={(one) => String(one.version)}
                empty="It has never been changed: the text is the one of the file."
              />
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
            post(`${path}/rollback`, {
              version: back.version,
              ...(variant && { variant: decodeURIComponent(variant) }),
            }).then(template.reload)
          }
          onClose={() => setBack(undefined)}
        >
          <p>Its text becomes the newest version:</p>
          <pre>{back.body}</pre>
        </Confirm>
      )}
    </Page>
  );
}
