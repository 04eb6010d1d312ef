import { useState } from 'preact/hooks';

import { Badge, type Tone } from '../shared/badge';
import { Copy } from '../shared/copy';
import { words } from '../shared/format';
import { Time } from '../shared/time';
import { Details } from './details';
import type { Message } from './types';

const STATES: Readonly<Record<Message['state'], readonly [Tone, string]>> = {
  refused: ['bad', 'not taken'],
  on_its_way: ['warn', 'on its way'],
  arrived: ['good', 'delivered'],
  lost: ['bad', 'not delivered'],
};

interface BubbleProps {
  readonly message: Message;
  /** Whether the number has to be said. */
  readonly isOfMany: boolean;
  readonly version: number;
}

/** One text on the phone; what was never delivered is shown, too, and says so. */
export function Bubble({ message, isOfMany, version }: BubbleProps) {
  const { id, phone, provider, channel, body, code, locale, outcome, state, receivedAt } = message;
  const [isOpen, setOpen] = useState(false);
  const [tone, name] = STATES[state];
  const why = state === 'refused' ? `: ${words(outcome)}` : state === 'lost' ? reportCodeOf(message) : '';
  return (
    <li class={`bubble ${state}`}>
      <p class="meta small muted">
        {isOfMany && <strong>{phone}</strong>}
        <span>
          by {provider}
          {channel !== 'sms' && `, ${channel}`}
        </span>
        <Time at={receivedAt} isClock />
      </p>
      <p class="text" dir="auto" lang={locale}>
        {body}
      </p>
      <div class="row">
        <Badge tone={tone}>
          {name}
          {why}
        </Badge>
        {code !== undefined && state !== 'refused' && <Copy text={code} what={`the code ${code}`} />}
        <button
          type="button"
          class="link small"
          aria-expanded={isOpen}
          aria-controls={`details-${id}`}
          aria-label={`Delivery of the message to ${phone}`}
          onClick={() => setOpen(!isOpen)}
        >
          Delivery
        </button>
      </div>
      <div id={`details-${id}`} hidden={!isOpen}>
        {isOpen && <Details message={message} version={version} />}
      </div>
    </li>
  );
}

const reportCodeOf = ({ reports }: Message): string => {
  const code = reports.at(-1)?.code;
  return code === undefined ? '' : `: ${code}`;
};
