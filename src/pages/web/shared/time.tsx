import { useEffect, useState } from 'preact/hooks';

import { span } from './format';

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });

/** The moment in the viewer's zone; who points at it sees it in UTC. */
export function Time({ at, isClock = false }: { readonly at: string; readonly isClock?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={`${date.toISOString()} (UTC)`}>
      {(isClock ? clock : full).format(date)}
    </time>
  );
}

/** How long ago, going on by itself. */
export function Ago({ at }: { readonly at: string }) {
  const now = useNow();
  const date = new Date(at);
  const secs = (now - date.getTime()) / 1_000;
  return (
    <time dateTime={at} title={`${full.format(date)}, ${date.toISOString()} (UTC)`}>
      {secs < -2 ? `in ${span(-secs)}` : secs < 1 ? 'now' : `${span(secs)} ago`}
    </time>
  );
}

const ticking = new Set<(now: number) => void>();
setInterval(() => ticking.forEach((tick) => tick(Date.now())), 1_000);

/** One clock for everything that counts seconds. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    ticking.add(setNow);
    return () => void ticking.delete(setNow);
  }, []);
  return now;
}
