import { AsyncLocalStorage } from 'node:async_hooks';

/** Which request the code at hand works for, so that every log line can name it. */
export const requestContext = new AsyncLocalStorage<{ readonly requestId: string }>();
