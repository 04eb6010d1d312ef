import { createContext, type ComponentChildren } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

import { announce } from '../shared/announce';
import { get } from '../shared/api';
import { Badge } from '../shared/badge';
import { useEvents } from '../shared/use-events';
import { describeState } from './provider-state';
import type { Now } from './types/now';
import type { Provider } from './types/providers';

const SAID = {
  connecting: ['quiet', 'connecting'],
  live: ['good', 'live'],
  stale: ['bad', 'no new numbers'],
  lost: ['bad', 'reconnecting'],
} as const;
/** stale: the server is there, but cannot say what is new, as its database is not. */
type Standing = keyof typeof SAID;

interface Live {
  readonly now?: Now;
  readonly standing: Standing;
  /** Puts a provider's new standing in at once, before the stream says it. */
  readonly setProvider: (provider: Provider) => void;
}

const Context = createContext<Live>({ standing: 'connecting', setProvider: () => undefined });
export const useLive = (): Live => useContext(Context);
/** Of all that are configured, the most preferred first; none until the stream has said so. */
export const useProviderNames = (): readonly string[] => useLive().now?.providers.map(({ name }) => name) ?? [];

/** One stream for all pages: what happens now, each second, and a provider's change at once. */
export function LiveProvider({ children }: { readonly children: ComponentChildren }) {
  const [now, setNow] = useState<Now>();
  const [isStale, setStale] = useState(false);
  const told = useRef('');
  const setProvider = (changed: Provider) =>
    setNow(
      (was) => was && { ...was, providers: was.providers.map((one) => (one.name === changed.name ? changed : one)) },
    );
  const connection = useEvents(
    '/v1/admin/events',
    {
      now: (data) => {
        setNow(data as Now);
        setStale(false);
      },
      problem: () => setStale(true),
      provider: (data) => {
        const provider = data as Provider;
        setProvider(provider);
        const words = describeState(provider);
        if (words !== told.current) announce(words);
        told.current = words;
      },
    },
    // A stream does not tell why it was refused; this does, and a 401 leads to the sign-in.
    () => void get('/v1/admin/providers').catch(() => undefined),
  );
  const standing = connection === 'live' && isStale ? 'stale' : connection;
  useEffect(() => {
    if (standing === 'stale') announce(SAID.stale[1]);
  }, [standing]);
  return <Context.Provider value={{ now, standing, setProvider }}>{children}</Context.Provider>;
}

/** Whether what is shown is of now. */
export function Connected() {
  const { standing, now } = useLive();
  const [tone, words] = SAID[standing];
  return (
    <span class="row">
      {now?.simulation && <Badge tone="warn">simulation</Badge>}
      <Badge tone={tone}>{words}</Badge>
    </span>
  );
}
