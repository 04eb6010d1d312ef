import { useEffect, useRef } from 'preact/hooks';

import { Bubble } from './bubble';
import type { Message } from './types';

interface PhoneProps {
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly phone: string | undefined;
  readonly isSearched: boolean;
  readonly version: number;
}

/** The simulated phone: the newest message is the lowest, as on any other. */
export function Phone({ messages, phone, isSearched, version }: PhoneProps) {
  const screen = useRef<HTMLDivElement>(null);
  const newest = messages.at(-1)?.id;
  useEffect(() => {
    if (screen.current) screen.current.scrollTop = screen.current.scrollHeight;
  }, [newest, phone]);
  return (
    <section class="phone" aria-labelledby="phone-title">
      <h2 id="phone-title" class="bar">
        {phone ?? 'All numbers'}
      </h2>
      <div class="screen" ref={screen} tabIndex={0} role="region" aria-label="Messages">
        {messages.length > 0 ? (
          <ol>
            {messages.map((message) => (
              <Bubble key={message.id} message={message} isOfMany={phone === undefined} version={version} />
            ))}
          </ol>
        ) : isSearched ? (
          <p class="empty">No message says that.</p>
        ) : (
          <div class="empty stack tight">
            <p>No message yet. Send a code to any number, and it appears here:</p>
            <pre tabIndex={0}>{`curl ${location.origin}/v1/verifications \\
  -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"phone":"+14155552671"}'`}</pre>
          </div>
        )}
      </div>
    </section>
  );
}
