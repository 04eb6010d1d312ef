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
  /** What came and is not shown yet: while all is asked for, it waits, so that the answer cannot undo it. */
  const waiting = useRef<Message[]>([]);
  const isResting = useRef(false);
  const rounds = useRef({ begun: 0, ended: 0 });

  const show = () => {
    if (waiting.current.length === 0 || isResting.current || rounds.current.begun !== rounds.current.ended) return;
    const begun = performance.now();
    const come = waiting.current.splice(0);
    const unknown = [...new Map(come.map((message) => [message.id, message])).values()].filter(
      ({ id }) => !known.current.has(id),
    );
    const newest = unknown.at(-1);
    if (newest) announce(unknown.length > 1 ? `${unknown.length} new messages.` : said(newest));
    setById((was) => withAll(was, come));
    setVersion((was) => was + 1);
    // A thousand messages at once would be drawn a thousand times: it rests for as long as drawing took.
    isResting.current = true;
    setTimeout(() => setTimeout(awake, performance.now() - begun));
  };
  const awake = () => {
    isResting.current = false;
    show();
  };

  const load = async () => {
    const round = ++rounds.current.begun;
    try {
      const { messages } = await get<{ messages: Message[] }>(`/v1/inbox/messages?limit=${MOST}`);
      if (round !== rounds.current.begun) return;
      setById(withAll(new Map(), messages.reverse()));
      setProblem(undefined);
      setLoaded(true);
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, '', String(error)));
    } finally {
      if (round === rounds.current.begun) rounds.current.ended = round;
    }
    setVersion((was) => was + 1);
    show();
  };

  const connection = useEvents(EVENTS, {
    message: (data) => {
      waiting.current.push(data as Message);
      show();
    },
    cleared: () => {
      waiting.current = [];
      setById(new Map());
      setVersion((was) => was + 1);
      // What is being asked for may still have what is gone.
      if (rounds.current.begun !== rounds.current.ended) void load();
    },
  });
  useEffect(() => void (connection !== 'connecting' && load()), [connection]);
  return { messages: [...byId.values()], connection, problem, isLoaded, version };
}

const said = ({ phone, body }: Message) => `New message to ${phone}. ${body}`;

/** In the order in which they came first, as they are now; the newest so many. */
const withAll = (known: ReadonlyMap<string, Message>, come: readonly Message[]): ReadonlyMap<string, Message> =>
  new Map([...new Map([...known, ...come.map((message) => [message.id, message] as const)])].slice(-MOST));
