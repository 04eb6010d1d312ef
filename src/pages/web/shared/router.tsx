import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';

/** Whether the page that comes next is to be read out from its heading: not the first one, which the browser reads itself. */
let cameByLink = false;
const watchers = new Set<() => void>();

/** Shows another page of this document; `path` is of this server. */
export function navigate(path: string, { replace = false } = {}): void {
  if (replace) history.replaceState(null, '', path);
  else history.pushState(null, '', path);
  cameByLink = true;
  scrollTo(0, 0);
  for (const tell of watchers) tell();
}

addEventListener('popstate', () => {
  cameByLink = true;
  for (const tell of watchers) tell();
});

export const takeFocusOnArrival = (): boolean => cameByLink;

function useLocation(part: 'pathname' | 'search'): string {
  const [shown, setShown] = useState(location[part]);
  useEffect(() => {
    const tell = () => setShown(location[part]);
    watchers.add(tell);
    return () => void watchers.delete(tell);
  }, []);
  return shown;
}

/** The path that is shown, without a slash at its end. */
export const usePath = (): string => useLocation('pathname').replace(/\/+$/, '') || '/';

export type Asked = Readonly<Record<string, string | undefined>>;

/** What the address asks for after its path. */
export function useAsked(): Asked {
  const search = useLocation('search');
  return useMemo(() => Object.fromEntries(new URLSearchParams(search)), [search]);
}

/** @returns such as `?status=failed`; empty where nothing is asked for */
export function queryOf(asked: Asked): string {
  const said = Object.entries(asked).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return said.length > 0 ? `?${new URLSearchParams(said).toString()}` : '';
}

type LinkProps = Omit<JSX.IntrinsicElements['a'], 'onClick'> & {
  readonly href: string;
  readonly children: ComponentChildren;
};

/** A link within this document; opened in a new tab or window it is like any other. */
export function Link({ href, ...rest }: LinkProps) {
  const follow = (event: JSX.TargetedMouseEvent<HTMLAnchorElement>) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
