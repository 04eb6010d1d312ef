import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import { takeFocusOnArrival, useAsked } from './router';

interface PageProps {
  readonly title: string;
  readonly lede?: ComponentChildren;
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One page: its title is the document's, and whoever comes by a link, or to another page of its list, begins at its heading. */
export function Page({ title, lede, actions, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { before } = useAsked();
  useEffect(() => void (document.title = `${title} · Sixdigit`), [title]);
  useEffect(() => {
    if (takeFocusOnArrival()) heading.current?.focus({ preventScroll: true });
  }, [before]);
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
