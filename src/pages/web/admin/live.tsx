import { createContext, type ComponentChildren } from 'preact';
import { useContext, useRef, useState } from 'preact/hooks';

import { announce } from '../shared/announce';
import { get } from '../shared/api';
import { Badge } from '../shared/badge';
import { useEvents, type Connection } from '../shared/use-events';
import { describeState } from './provider-state';
import type { Now } from './types/now';
import type { Provider } from './types/providers';

interface Live {
  readonly now?: Now;
  readonly connection: Connection;
  /** Puts a provider's new standing in at once, before the stream says it. */
  readonly setProvider: (provider: Provider) => void;
}

const Context = createContext<Live>({ connection: 'connecting', setProvider: () => undefined });
export const useLive = (): Live => useContext(Context);
/** Of all that are configured, the most preferred first; none until the stream has said so. */
export const useProviderNames = (): readonly string[] => useLive().now?.providers.map(({ name }) => name) ?? [];

/** One stream for all pages: what happens now, each second, and a provider's change at once. */
export function LiveProvider({ children }: { readonly children: ComponentChildren }) {
  const [now, setNow] = useState<Now>();
  const told = useRef('');
  const setProvider = (changed: Provider) =>
    setNow(
      (was) => was && { ...was, providers: was.providers.map((one) => (one.name === changed.name ? changed : one)) },
    );
  const connection = useEvents(
    '/v1/admin/events',
    {
      now: (data) => setNow(data as Now),
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
  return <Context.Provider value={{ now, connection, setProvider }}>{children}</Context.Provider>;
}

const SAID: Readonly<Record<Connection, string>> = { connecting: 'connecting', live: 'live', lost: 'reconnecting' };

/** Whether what is shown is of now. */
export function Connected() {
  const { connection, now } = useLive();
  return (
    <span class="row">
      {now?.simulation && <Badge tone="warn">simulation</Badge>}
      <Badge tone={connection === 'live' ? 'good' : connection === 'lost' ? 'bad' : 'quiet'}>{SAID[connection]}</Badge>
    </span>
  );
}
