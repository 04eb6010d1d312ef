import { fault, type Finding, type Group, type Said } from './finding.js';

/** One thing to look at. It shares nothing with the others, so all run at once. */
export interface Check {
  readonly group: Group;
  readonly name: string;
  /** {@link CHECK_MS} without it. */
  readonly timeoutMs?: number;
  /** @param signal aborted when its time is nearly over: whoever waits then lets go of sockets, and says so */
  run(signal: AbortSignal): Promise<readonly Said[]> | readonly Said[];
}

/** Two rounds of anything, and less than anybody waits for. */
export const CHECK_MS = 6_000;

/** Whatever a check does, it is a line of the report within {@link CHECK_MS}. */
export async function findingsOf({ timeoutMs = CHECK_MS, ...check }: Check): Promise<Finding[]> {
  const { group, name } = check;
  // A little before its time is over, so that it can say itself what gave no answer.
  const asked = AbortSignal.timeout(timeoutMs * 0.75);
  const signal = AbortSignal.timeout(timeoutMs);
  const late = new Promise<readonly Said[]>((resolve) => {
    const answer = fault(
      name,
      `no answer within ${timeoutMs / 1_000} s`,
      'Look whether it is up and reached from here.',
    );
    signal.addEventListener('abort', () => resolve([answer]), { once: true });
  });
  const work = Promise.resolve()
    .then(() => check.run(asked))
    .catch((error: unknown) => [broken(name, error)]);
  return (await Promise.race([work, late])).map((said) => ({ group, ...said }));
}

/** Not what was looked at, but who looked. */
const broken = (name: string, error: unknown): Said =>
  fault(
    name,
    `could not be looked at (${error instanceof Error ? ((error as { code?: string }).code ?? error.name) : 'unknown'})`,
    'This is a fault of the doctor: please report it.',
  );
