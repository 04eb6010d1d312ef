import { useCallback, useEffect, useState } from 'preact/hooks';

import { get, Problem } from './api';

export interface Resource<T> {
  /** Of the last answer that was good; stays while it is asked for again. */
  readonly data?: T;
  readonly problem?: Problem;
  readonly isLoading: boolean;
  readonly reload: () => void;
  /** Puts what the server answered to a change in its place. */
  readonly set: (data: T) => void;
}

/** Asks for `path` now, whenever it changes, and on `reload`. @param path undefined asks for nothing */
export function useResource<T>(path: string | undefined): Resource<T> {
  const [state, setState] = useState<{ path?: string; data?: T; problem?: Problem; isLoading: boolean }>({
    isLoading: true,
  });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (path === undefined) return setState({ isLoading: false });
    const stop = new AbortController();
    setState((was) => ({ path, data: was.path === path ? was.data : undefined, isLoading: true }));
    get<T>(path, stop.signal).then(
      (data) => setState({ path, data, isLoading: false }),
      (error: unknown) => {
        if (stop.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, '', String(error));
        setState((was) => ({ ...was, problem, isLoading: false }));
      },
    );
    return () => stop.abort();
  }, [path, round]);
  const reload = useCallback(() => setRound((was) => was + 1), []);
  const set = useCallback((data: T) => setState((was) => ({ ...was, data, problem: undefined })), []);
  return { ...state, reload, set };
}
