export interface Deadline {
  readonly signal: AbortSignal;
  readonly release: () => void;
}

/** Node takes 10 us to make a signal, a tenth of a send. It serves no more than these, as some who listen never stop. */
const MOST_USES = 50;

interface Controller {
  readonly it: AbortController;
  uses: number;
}
/** Those that were let go of before their time was up. */
const free: Controller[] = [];

/** Aborted after `ms` unless it is let go of before; from then on the signal may be somebody else's. */
export function deadline(ms: number): Deadline {
  const controller = free.pop() ?? { it: new AbortController(), uses: 0 };
  controller.uses++;
  let timer: NodeJS.Timeout | undefined = setTimeout(() => {
    timer = undefined;
    controller.it.abort(new DOMException('The time is up.', 'TimeoutError'));
  }, ms);
  const release = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    if (controller.uses < MOST_USES) free.push(controller);
  };
  return { signal: controller.it.signal, release };
}
