import { Link } from '../shared/router';
import { Time } from '../shared/time';
import { conversationsOf, type Conversation } from './search';
import type { Message } from './types';

export const pathOf = (phone?: string) => (phone === undefined ? '/inbox' : `/inbox/${encodeURIComponent(phone)}`);

interface ConversationsProps {
  readonly messages: readonly Message[];
  readonly chosen: string | undefined;
  readonly search: string;
  readonly onSearch: (text: string) => void;
}

/** Whom texts went to, and a search through all of them. */
export function Conversations({ messages, chosen, search, onSearch }: ConversationsProps) {
  const conversations = conversationsOf(messages);
  return (
    <nav class="conversations card" aria-label="Conversations">
      <label>
        Search
        <input
          type="search"
          value={search}
          placeholder="Words, a code, a number"
          onInput={(event) => onSearch(event.currentTarget.value)}
        />
      </label>
      <ul>
        <li>
          <Link href={pathOf()} aria-current={chosen === undefined ? 'page' : undefined} class="conversation">
            <strong>All numbers</strong>
            <span class="muted small">{messages.length}</span>
          </Link>
        </li>
        {conversations.map((each) => (
          <li key={each.phone}>
            <Row {...each} isChosen={each.phone === chosen} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

const Row = ({ phone, count, newest, isChosen }: Conversation & { readonly isChosen: boolean }) => (
  <Link href={pathOf(phone)} aria-current={isChosen ? 'page' : undefined} class="conversation">
    <strong>{phone}</strong>
    <span class="muted small">
      {count > 1 && `${count} · `}
      <Time at={newest.receivedAt} isClock />
    </span>
    <span class="preview small" dir="auto" lang={newest.locale}>
      {newest.body}
    </span>
  </Link>
);
