import { useEffect, useRef, useState } from 'preact/hooks';

import { announce } from '../shared/announce';
import { get, Problem } from '../shared/api';
import { useEvents, type Connection } from '../shared/use-events';
import type { Message } from './types';

const EVENTS = '/v1/inbox/events';
const MOST = 1_000;

export interface InboxState {
  /** Oldest first. */
  readonly messages: readonly Message[];
  readonly connection: Connection;
  readonly problem?: Problem;
  readonly isLoaded: boolean;
  /** Grows with everything that happens. */
  readonly version: number;
}

/** All that is in the inbox, as it happens. What was there before is asked for whenever the line is up (again), so nothing is missed. */
export function useInbox(): InboxState {
  const [byId, setById] = useState<ReadonlyMap<string, Message>>(new Map());
  const [version, setVersion] = useState(0);
  const [problem, setProblem] = useState<Problem>();
  const [isLoaded, setLoaded] = useState(false);
  const known = useRef(byId);
  known.current = byId;

  const load = async () => {
    try {
      const { messages } = await get<{ messages: Message[] }>(`/v1/inbox/messages?limit=${MOST}`);
      setById(new Map(messages.reverse().map((message) => [message.id, message])));
      setProblem(undefined);
      setLoaded(true);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, '', String(error)));
    }
    setVersion((was) => was + 1);
  };
  const connection = useEvents(EVENTS, {
    message: (data) => {
      const message = data as Message;
      if (!known.current.has(message.id)) announce(`New message to ${message.phone}. ${message.body}`);
      setById((was) => new Map([...was, [message.id, message] as const].slice(-MOST - 1)));
      setVersion((was) => was + 1);
    },
    cleared: () => {
      setById(new Map());
      setVersion((was) => was + 1);
    },
  });
  useEffect(() => void (connection !== 'connecting' && load()), [connection]);
  return { messages: [...byId.values()], connection, problem, isLoaded, version };
}
