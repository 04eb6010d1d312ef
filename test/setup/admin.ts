import { Keys } from '../../src/keys/index.js';
import { SCOPES } from '../../src/http/index.js';
import type { TestApp } from './app.js';

/** A key that may do everything, made as an operator makes one. */
export async function adminKey({ app }: TestApp): Promise<string> {
  const { key } = await app.get(Keys).create({ name: 'operator', scopes: SCOPES }, { name: 'tests', network: null });
  return key;
}

/** From now on the test's calls are an operator's. */
export async function becomeAdmin(app: TestApp): Promise<void> {
  app.useKey(await adminKey(app));
}

/** Who does what tests do without a request. */
export const TESTS = { name: 'tests', network: null };
