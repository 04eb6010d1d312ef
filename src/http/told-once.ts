import { SetMetadata } from '@nestjs/common';

const TOLD_ONCE = Symbol('told once');

/** What this route answers is kept nowhere, not even for whoever repeats the request: it tells a secret, or about a number. */
export const ToldOnce = () => SetMetadata(TOLD_ONCE, true);

// eslint-disable-next-line @typescript-eslint/no-unsafe-function-type -- as Nest has it
export const isToldOnce = (handler: Function): boolean => Reflect.getMetadata(TOLD_ONCE, handler) === true;
