import { useState } from 'preact/hooks';

import { post } from '../../shared/api';
import { Badge } from '../../shared/badge';
import { Confirm } from '../../shared/confirm';
import { count, countryName, percent, words } from '../../shared/format';
import { Loaded } from '../../shared/loaded';
import { Card, Page } from '../../shared/page';
import { Table, type Column } from '../../shared/table';
import { Ago } from '../../shared/time';
import { useResource } from '../../shared/use-resource';
import type { Sender } from '../types/senders';

/** What texts go out under: what rests, until when and why. */
export function SendersPage() {
  const found = useResource<{ readonly senders: readonly Sender[] }>('/v1/admin/senders');
  const [chosen, choose] = useState<Sender>();
  const columns: readonly Column<Sender>[] = [
    { head: 'Sender', isName: true, cell: ({ sender }) => sender },
    { head: 'Provider', cell: ({ provider }) => provider },
    { head: 'Kind', cell: ({ kind, areaCode }) => `${words(kind)}${areaCode ? `, area ${areaCode}` : ''}` },
    { head: 'Country', cell: ({ country }) => (country ? countryName(country) : 'any') },
    { head: 'Sent, 24 h', isNumber: true, cell: ({ sent }) => count(sent) },
    { head: 'Delivered', isNumber: true, cell: ({ deliveredShare }) => percent(deliveredShare) },
    { head: 'State', cell: (sender) => <SenderState of={sender} /> },
    {
      head: 'By hand',
      cell: (sender) => (
        <button type="button" class="small" onClick={() => choose(sender)}>
          {sender.resting ? 'Put back' : 'Rest'}
          <span class="hidden">
            {' '}
            {sender.sender} of {sender.provider}
          </span>
        </button>
      ),
    },
  ];
  const close = () => choose(undefined);
  return (
    <Page title="Senders" lede="The numbers and names that texts go out under. What a carrier blocks rests for a day.">
      <Card title="Awake and resting">
        <Loaded of={found}>
          {({ senders }) => (
            <Table
              caption="Senders by provider"
              columns={columns}
              rows={senders}
              keyOf={({ provider, sender }) => `${provider} ${sender}`}
              empty="None is chosen here: the providers do. Set a pool, such as TWILIO_FROM_NUMBERS, and start again."
            />
          )}
        </Loaded>
      </Card>
      {chosen &&
        (chosen.resting ? (
          <Wake sender={chosen} done={found.reload} onClose={close} />
        ) : (
          <Rest sender={chosen} done={found.reload} onClose={close} />
        ))}
    </Page>
  );
}

const RULES = {
  forbidden: 'the country allows no names',
  registration: 'must be registered there: ask the provider',
} as const;

const SenderState = ({ of: { resting, rule } }: { readonly of: Sender }) => (
  <>
    {resting ? <Badge tone="warn">rests</Badge> : <Badge tone="good">awake</Badge>}
    {resting && (
      <div class="muted small">
        ends <Ago at={resting.until} />: {resting.reason === 'operator' ? 'by hand' : resting.reason}
      </div>
    )}
    {rule && <div class="muted small">{RULES[rule]}</div>}
  </>
);

interface DeedProps {
  readonly sender: Sender;
  readonly done: () => void;
  readonly onClose: () => void;
}

const at = ({ sender }: Sender, deed: string) => `/v1/admin/senders/${encodeURIComponent(sender)}/${deed}`;

function Rest({ sender, done, onClose }: DeedProps) {
  const [hours, setHours] = useState(24);
  return (
    <Confirm
      title={`Let ${sender.sender} rest?`}
      action="Rest"
      isDangerous
      done={`${sender.sender} rests.`}
      act={() => post(at(sender, 'rest'), { provider: sender.provider, hours }).then(done)}
      onClose={onClose}
    >
      <p>Its phones get their texts from the next one, on every instance. The last one is used all the same.</p>
      <label>
        Hours
        <input
          type="number"
          required
          min={1}
          max={720}
          value={hours}
          onInput={({ currentTarget }) => setHours(currentTarget.valueAsNumber)}
        />
      </label>
    </Confirm>
  );
}

const Wake = ({ sender, done, onClose }: DeedProps) => (
  <Confirm
    title={`Put ${sender.sender} back?`}
    action="Put back"
    done={`${sender.sender} is awake again.`}
    act={() => post(at(sender, 'wake'), { provider: sender.provider }).then(done)}
    onClose={onClose}
  >
    <p>Its phones get their texts from it again. What was reported before counts no more.</p>
  </Confirm>
);
