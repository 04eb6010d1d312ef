import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import { Announcer } from '../shared/announce';
import { signOut } from '../shared/api';
import { ProblemNotice } from '../shared/loaded';
import { Link, usePath } from '../shared/router';
import { useAct } from '../shared/use-act';
import { Connected } from './live';
import { HOME, ROUTES } from './routes';

const isAt = (path: string, route: string) => path === route || (route !== HOME && path.startsWith(`${route}/`));

interface LayoutProps {
  readonly onSignedOut: () => void;
  readonly children: ComponentChildren;
}

/** The menu beside the page; on a phone it is behind a button. */
export function Layout({ onSignedOut, children }: LayoutProps) {
  const path = usePath();
  const [isOpen, setOpen] = useState(false);
  const { isBusy, problem, run } = useAct();
  useEffect(() => setOpen(false), [path]);
  const leave = async () => {
    if (await run(signOut, 'You are signed out.')) onSignedOut();
  };
  return (
    <div class="shell">
      <a class="skip" href="#main">
        Skip to the page
      </a>
      <header class="side">
        <div class="brand row between">
          <span>
            <strong>Sixdigit</strong>
          </span>
          <Connected />
          <button
            type="button"
            class="menu small"
            aria-expanded={isOpen}
            aria-controls="menu"
            onClick={() => setOpen(!isOpen)}
          >
            Menu
          </button>
        </div>
        <nav id="menu" class={isOpen ? 'open' : undefined} aria-label="Pages">
          <ul>
            {ROUTES.map(({ path: route, name }) => (
              <li key={route}>
                <Link href={route} aria-current={isAt(path, route) ? 'page' : undefined}>
                  {name}
                </Link>
              </li>
            ))}
          </ul>
          <button type="button" class="small" disabled={isBusy} onClick={() => void leave()}>
            Sign out
          </button>
        </nav>
      </header>
      <main id="main" tabIndex={-1}>
        {problem && <ProblemNotice problem={problem} />}
        {children}
      </main>
      <Announcer />
    </div>
  );
}
