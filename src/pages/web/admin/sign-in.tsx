import { useEffect, useRef, useState } from 'preact/hooks';

import { Problem, signIn } from '../shared/api';
import { useNow } from '../shared/time';

interface SignInProps {
  /** A session was here, and ended by itself. */
  readonly hasEnded: boolean;
  readonly onSignedIn: () => void;
}

/** The operators' password. After too many wrong ones it says how long to wait, and counts down. */
export function SignIn({ hasEnded, onSignedIn }: SignInProps) {
  const [problem, setProblem] = useState<Problem>();
  const [lockedUntil, setLockedUntil] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  // The clock ticks once a second, so it may be a little behind.
  const left = Math.min(Math.ceil((lockedUntil - useNow()) / 1_000), problem?.retryAfterSecs ?? 60);
  useEffect(() => {
    document.title = 'Sign in · Sixdigit';
    input.current?.focus();
  }, []);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (!input.current) return;
    setBusy(true);
    try {
      await signIn(input.current.value);
      onSignedIn();
    } catch (error) {
      const told = error instanceof Problem ? error : new Problem(0, '', String(error));
      setProblem(told);
      if (told.status === 429) setLockedUntil(Date.now() + (told.retryAfterSecs ?? 60) * 1_000);
      setBusy(false);
      input.current.select();
    }
  };

  const isLocked = left > 0;
  return (
    <main class="card narrow">
      <div>
        <p class="muted">Sixdigit</p>
        <h1>Sign in</h1>
      </div>
      {hasEnded && !problem && <p class="notice">Your session has ended. Sign in again to go on here.</p>}
      <form class="stack" onSubmit={(event) => void submit(event)}>
        <label>
          Password
          <input
            ref={input}
            type="password"
            name="password"
            autocomplete="current-password"
            required
            maxLength={1_024}
            aria-invalid={problem?.status === 401}
            aria-describedby={problem ? 'sign-in-problem' : undefined}
          />
        </label>
        {problem && (
          <p id="sign-in-problem" class="notice bad" role="alert">
            {problem.status === 429 ? 'Too many wrong passwords.' : `${problem.message} ${problem.hint ?? ''}`}
          </p>
        )}
        {isLocked && (
          <p class="muted" role="timer">
            You can try again in {left} s.
          </p>
        )}
        <button type="submit" class="primary" disabled={isBusy || isLocked}>
          Sign in
        </button>
      </form>
    </main>
  );
}
