import { useEffect, useRef, useState } from 'preact/hooks';

export type Connection = 'connecting' | 'live' | 'lost';
export type Handlers = Readonly<Record<string, (data: unknown) => void>>;

/** The browser itself comes back after a lost line, but not after an answer that is no stream, as while the server starts. */
const AGAIN_MS = 2_000;

/**
 * Listens to a stream of server-sent events as long as the component is there and its tab is looked at.
 * @param url undefined listens to nothing
 * @param handlers by the event's name; they get its data, parsed
 * @param onRefused called when the server does not let us in; the session may have ended
 */
export function useEvents(url: string | undefined, handlers: Handlers, onRefused?: () => void): Connection {
  const [connection, setConnection] = useState<Connection>('connecting');
  const latest = useRef({ handlers, onRefused });
  latest.current = { handlers, onRefused };
  const names = Object.keys(handlers).join();

  useEffect(() => {
    if (url === undefined) return;
    let source: EventSource | undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const open = () => {
      const opened = new EventSource(url);
      source = opened;
      opened.onopen = () => setConnection('live');
      opened.onerror = () => {
        setConnection('lost');
        if (opened.readyState !== EventSource.CLOSED) return;
        latest.current.onRefused?.();
        timer = setTimeout(open, AGAIN_MS);
      };
      for (const name of names.split(','))
        opened.addEventListener(name, (event: MessageEvent<string>) =>
          latest.current.handlers[name]?.(JSON.parse(event.data)),
        );
    };
    const close = () => {
      clearTimeout(timer);
      source?.close();
    };
    // Over HTTP/1.1 a browser has six connections to a server for all its tabs together, and each stream keeps one.
    const look = () => {
      close();
      if (document.hidden) setConnection('connecting');
      else open();
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      close();
    };
  }, [url, names]);
  return connection;
}
