import type { ComponentChildren } from 'preact';

import { Dialog } from './dialog';
import { ProblemNotice } from './loaded';
import { useAct } from './use-act';

interface ConfirmProps {
  readonly title: string;
  /** What the button says that does it: the deed itself, never "OK". */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** What is said when it is done. */
  readonly done: string;
  readonly act: () => Promise<unknown>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something is done, and says why when it was not. */
export function Confirm({ title, action, isDangerous, done, act, onClose, children }: ConfirmProps) {
  const { isBusy, problem, run } = useAct();
  const submit = async (event: Event) => {
    event.preventDefault();
    if (await run(act, done)) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void submit(event)}>
        {children}
        {problem && <ProblemNotice problem={problem} />}
        <div class="row">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={isDangerous ? 'danger' : 'primary'} disabled={isBusy}>
            {action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
