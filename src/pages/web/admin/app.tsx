import { useCallback, useEffect, useState } from 'preact/hooks';

import { Problem, readSession, whenSignedOut } from '../shared/api';
import { ProblemNotice, Skeleton } from '../shared/loaded';
import { usePath } from '../shared/router';
import { Layout } from './layout';
import { LiveProvider } from './live';
import { pageAt } from './routes';
import { SignIn } from './sign-in';

type Standing = 'unknown' | 'out' | 'in' | { readonly problem: Problem };

/** Who is not signed in signs in; then the page that the address names. */
export function App() {
  const [standing, setStanding] = useState<Standing>('unknown');
  const [hasEnded, setEnded] = useState(false);
  const look = useCallback(() => {
    readSession().then(
      (session) => setStanding(session ? 'in' : 'out'),
      (error: unknown) =>
        setStanding({ problem: error instanceof Problem ? error : new Problem(0, '', String(error)) }),
    );
  }, []);
  useEffect(() => {
    whenSignedOut(() => {
      setEnded(true);
      setStanding('out');
    });
    look();
  }, []);

  useEffect(() => {
    if (typeof standing === 'string') return;
    const timer = setTimeout(look, (standing.problem.retryAfterSecs ?? 5) * 1_000);
    return () => clearTimeout(timer);
  }, [standing]);

  if (standing === 'unknown')
    return (
      <main class="card narrow">
        <Skeleton />
      </main>
    );
  if (standing === 'out') return <SignIn hasEnded={hasEnded} onSignedIn={() => setStanding('in')} />;
  if (standing === 'in')
    return (
      <LiveProvider>
        <Layout
          onSignedOut={() => {
            setEnded(false);
            setStanding('out');
          }}
        >
          <CurrentPage />
        </Layout>
      </LiveProvider>
    );
  return (
    <main class="card narrow">
      <h1>Sixdigit</h1>
      <ProblemNotice problem={standing.problem} retry={look} />
    </main>
  );
}

function CurrentPage() {
  const path = usePath();
  const { Page, id } = pageAt(path);
  return <Page key={path} id={id} />;
}
