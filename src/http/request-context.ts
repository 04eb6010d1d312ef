import { AsyncLocalStorage } from 'node:async_hooks';

export interface RequestContext {
  readonly requestId: string;
}

const followed = new AsyncLocalStorage<RequestContext>();
let current: RequestContext | undefined;

/** Which request the code at hand works for, if that is known. */
export const requestAtHand = (): RequestContext | undefined => current ?? followed.getStore();

/** Known through every await of `work`. Before Node 24 the first call makes every promise of the process dearer. */
export function followRequest(request: RequestContext, work: () => void): void {
  followed.run(request, work);
}

/** Known while `work` runs, which must not await: costs nothing. */
export function duringRequest<T>(request: RequestContext, work: () => T): T {
  current = request;
  try {
    return work();
  } finally {
    current = undefined;
  }
}
