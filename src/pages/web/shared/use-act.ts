import { useState } from 'preact/hooks';

import { announce } from './announce';
import { Problem } from './api';

export interface Act {
  readonly isBusy: boolean;
  readonly problem?: Problem;
  /** Does it, once at a time, and says `done` when it is. @returns whether it went well */
  readonly run: (work: () => Promise<unknown>, done: string) => Promise<boolean>;
}

/** Something that changes something. */
export function useAct(): Act {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const run = async (work: () => Promise<unknown>, done: string) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await work();
      announce(done);
      return true;
    } catch (error) {
      setProblem(error instanceof Problem ? error : new Problem(0, '', String(error)));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, run };
}
