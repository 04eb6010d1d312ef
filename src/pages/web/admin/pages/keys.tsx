import { useRef, useState } from 'preact/hooks';

import { call, post } from '../../shared/api';
import { Badge } from '../../shared/badge';
import { Confirm } from '../../shared/confirm';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Table, type Column } from '../../shared/table';
import { Ago, Time } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import { SecretDialog } from '../secret';
import type { Key } from '../types/keys';

/** API keys: who may call, for what, and until when. */
export function KeysPage() {
  const found = useResource<{ readonly keys: readonly Key[] }>('/v1/admin/keys');
  const [isNew, setNew] = useState(false);
  const [secret, setSecret] = useState<string>();
  const [toRevoke, setToRevoke] = useState<Key>();
  const columns: readonly Column<Key>[] = [
    { head: 'Name', isName: true, cell: ({ name }) => name },
    { head: 'Key', cell: ({ hint }) => <code>…{hint}</code> },
    { head: 'May', cell: ({ scopes }) => scopes.join(', ') },
    { head: 'Made', cell: ({ createdAt, createdBy }) => <MadeBy at={createdAt} by={createdBy} /> },
    { head: 'Last used', cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : 'never') },
    { head: 'State', cell: (key) => <KeyState of={key} /> },
    {
      head: 'End',
      cell: (key) =>
        key.revokedAt ? (
          '–'
        ) : (
          <button type="button" class="small danger" onClick={() => setToRevoke(key)}>
            Revoke<span class="hidden"> {key.name}</span>
          </button>
        ),
    },
  ];
  return (
    <Page
      title="Keys"
      lede="Those that operators made. Keys of API_KEYS are not here: they end with a restart without them."
      actions={
        <button type="button" class="primary" onClick={() => setNew(true)}>
          Make a key
        </button>
      }
    >
      <Card title="Keys">
        <Loaded of={found}>
          {({ keys }) => (
            <Table
              caption="API keys, newest first"
              columns={columns}
              rows={keys}
              keyOf={({ id }) => id}
              empty="None yet. Make one for each program that calls, so that each can be revoked alone."
            />
          )}
        </Loaded>
      </Card>
      {isNew && (
        <NewKey
          onClose={() => setNew(false)}
          onMade={(key) => {
            setSecret(key);
            found.reload();
          }}
        />
      )}
      {secret && !isNew && (
        <SecretDialog title="The new key" what="the key" secret={secret} onClose={() => setSecret(undefined)} />
      )}
      {toRevoke && (
        <Confirm
          title={`Revoke ${toRevoke.name}?`}
          action="Revoke"
          isDangerous
          done={`${toRevoke.name} is revoked.`}
          act={() => call('DELETE', `/v1/admin/keys/${toRevoke.id}`).then(found.reload)}
          onClose={() => setToRevoke(undefined)}
        >
          <p>Whoever calls with it is refused within seconds, for good.</p>
        </Confirm>
      )}
    </Page>
  );
}

const MadeBy = ({ at, by }: { readonly at: string; readonly by: string }) => (
  <>
    <Time at={at} />
    <div class="muted small">{by}</div>
  </>
);

function KeyState({ of: { revokedAt, expiresAt } }: { readonly of: Key }) {
  if (revokedAt) return <Badge>revoked</Badge>;
  if (!expiresAt) return <Badge tone="good">good</Badge>;
  if (Date.parse(expiresAt) <= Date.now()) return <Badge>expired</Badge>;
  return (
    <>
      <Badge tone="good">good</Badge>
      <div class="muted small">
        until <Time at={expiresAt} />
      </div>
    </>
  );
}

const SCOPES = [
  ['verify', 'begin and check verifications'],
  ['message', 'send any text'],
  ['admin', 'all that operators do'],
] as const;

function NewKey({ onClose, onMade }: { readonly onClose: () => void; readonly onMade: (key: string) => void }) {
  const fields = useRef<HTMLDivElement>(null);
  const make = async () => {
    const inputs = [...(fields.current?.querySelectorAll('input') ?? [])];
    const scopes = inputs.filter(({ type, checked }) => type === 'checkbox' && checked).map(({ value }) => value);
    const [name, days] = ['name', 'days'].map((wanted) => inputs.find((input) => input.name === wanted)?.value ?? '');
    const expiresAt = days ? new Date(Date.now() + Number(days) * 86_400_000).toISOString() : undefined;
    const { key } = await post<{ readonly key: string }>('/v1/admin/keys', {
      name,
      scopes,
      ...(expiresAt && { expiresAt }),
    });
    onMade(key);
  };
  return (
    <Confirm title="Make a key" action="Make it" done="The key is made." act={make} onClose={onClose}>
      <div class="stack" ref={fields}>
        <label>
          Name
          <input name="name" required maxLength={40} placeholder="shop" autocomplete="off" />
          <small>Who calls with it: a-z, 0-9 and dashes.</small>
        </label>
        <fieldset class="stack tight">
          <legend class="label">It may</legend>
          {SCOPES.map(([scope, what]) => (
            <label key={scope} class="check">
              <input type="checkbox" value={scope} defaultChecked={scope === 'verify'} /> {scope}: {what}
            </label>
          ))}
        </fieldset>
        <label>
          Days until it ends
          <input name="days" type="number" min={1} max={3_650} inputMode="numeric" />
          <small>Empty: until it is revoked.</small>
        </label>
      </div>
    </Confirm>
  );
}
