import { ApiKeys, SCOPES } from '../../src/http/index.js';
import type { TestApp } from './app.js';

/** From now on the test's key may do what operators do. */
export function becomeAdmin({ app }: TestApp): void {
  const keys = app.get(ApiKeys);
  const callerWith = keys.callerWith.bind(keys);
  keys.callerWith = (key) => {
    const caller = callerWith(key);
    return caller && { ...caller, scopes: SCOPES };
  };
}
