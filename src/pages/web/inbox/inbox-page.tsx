import { useState } from 'preact/hooks';

import { Announcer } from '../shared/announce';
import { Badge } from '../shared/badge';
import { call } from '../shared/api';
import { Confirm } from '../shared/confirm';
import { ProblemNotice, Skeleton } from '../shared/loaded';
import { usePath } from '../shared/router';
import { Conversations } from './conversations';
import { Next } from './next';
import { Phone } from './phone';
import { Scenarios } from './scenarios';
import { matches } from './search';
import { useInbox } from './use-inbox';

const LINES = {
  connecting: ['quiet', 'connecting'],
  live: ['good', 'live'],
  lost: ['bad', 'connection lost'],
} as const;

export function InboxPage() {
  const { messages, connection, problem, isLoaded, version } = useInbox();
  const [search, setSearch] = useState('');
  const [isClearing, setClearing] = useState(false);
  const phone = phoneIn(usePath());
  const found = search.trim() === '' ? messages : messages.filter((message) => matches(message, search));
  const [tone, name] = LINES[connection];
  return (
    <>
      <header class="top row between">
        <div class="row">
          <h1>Inbox</h1>
          <Badge tone={tone}>{name}</Badge>
        </div>
        <button type="button" class="small" disabled={messages.length === 0} onClick={() => setClearing(true)}>
          Clear
        </button>
      </header>
      <main class="inbox">
        {problem && <ProblemNotice problem={problem} />}
        {isLoaded ? (
          <>
            <Conversations messages={found} chosen={phone} search={search} onSearch={setSearch} />
            <Phone
              messages={phone === undefined ? found : found.filter((message) => message.phone === phone)}
              {...{ phone, version, isSearched: search.trim() !== '' }}
            />
            <div class="stack aside">
              <Next phone={phone} version={version} />
              <Scenarios />
              <p class="small muted">
                No text leaves this machine. Up to 1,000 messages are kept, in memory, until the program ends. All of it
                is in the API, too: <a href="/docs#/inbox">/docs</a>.
              </p>
            </div>
          </>
        ) : (
          !problem && <Skeleton />
        )}
      </main>
      {isClearing && (
        <Confirm
          {...{ title: 'Forget all messages?', action: 'Forget them', isDangerous: true, done: 'The inbox is empty.' }}
          act={() => call('DELETE', '/v1/inbox/messages')}
          onClose={() => setClearing(false)}
        >
          <p>What became of them stays in the database; what they said is gone.</p>
        </Confirm>
      )}
      <Announcer />
    </>
  );
}

function phoneIn(path: string): string | undefined {
  const [, , text = ''] = path.split('/');
  try {
    return decodeURIComponent(text) || undefined;
  } catch {
    return undefined;
  }
}
