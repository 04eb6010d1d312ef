import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { takeFocusOnArrival } from './router';

interface PageProps {
  readonly title: string;
  readonly lede?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One page: its title is the document's, and whoever comes by a link begins at its heading. */
export function Page({ title, lede, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => void (document.title = `${title} · Sixdigit`), [title]);
  useEffect(() => {
    if (takeFocusOnArrival()) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="stack page">
      <header class="row between">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lede && <p class="muted">{lede}</p>}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** For what puts another page of a list in the place of this one: the button may go with it, and one begins at the top again. */
export const toTop = (): void => document.querySelector('h1')?.focus();

interface CardProps {
  readonly title: string;
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

export const Card = ({ title, aside, children }: CardProps) => (
  <section class="card stack tight">
    <div class="row between">
      <h2>{title}</h2>
      {aside}
    </div>
    {children}
  </section>
);
