import { readFileSync, writeFileSync } from 'node:fs';

import { check } from '../../src/config/check.js';
import { FakeGateway } from '../support/index.js';
import { PhoneNumber } from '../../src/kernel/index.js';
import { acme, AcmeEnvironment } from './acme/acme.definition.js';

const PAGE = 'docs/providers.md';
/** The example's files as they would stand in src/sms/providers/acme. */
const inPlace = (name: string): string =>
  readFileSync(`test/docs/acme/${name}`, 'utf8')
    .replaceAll("'../../../src/sms/", "'../../")
    .replaceAll("'../../../src/kernel/", "'../../../kernel/");

describe('the worked example of docs/providers.md', () => {
  it('shows the files that the contract suite runs; UPDATE_PAGES=1 writes them there', () => {
    const page = readFileSync(PAGE, 'utf8');
    const fresh = page.replace(
      /<!-- file ([\w.]+) -->\n(?:\n```ts\n[^]*?\n```\n)?/g,
      (_, name: string) => `<!-- file ${name} -->\n\n\`\`\`ts\n${inPlace(name)}\`\`\`\n`,
    );
    if (process.env.UPDATE_PAGES) writeFileSync(PAGE, fresh);
    else expect(page).toBe(fresh);
    expect(fresh.match(/<!-- file/g)).toHaveLength(2);
  });

  it('sends what its variables say', async () => {
    const fake = await FakeGateway.start();
    const source = { ACME_API_KEY: 'gateway-key', ACME_BASE_URL: fake.url, ACME_SENDER: 'Shop' };
    const { env, faults } = check(AcmeEnvironment, source);
    expect(faults).toEqual([]);
    const provider = acme.create(env, {});
    await provider.send(
      { to: PhoneNumber.parse('+14155552671'), body: 'Hello', attemptId: 'a' },
      AbortSignal.timeout(5_000),
    );
    expect(fake.ledger).toMatchObject([{ to: '+14155552671', body: 'Hello', from: 'Shop' }]);
    await fake.close();
  });

  it('is refused while its key is missing, and when its sender is none', () => {
    expect(acme.missing(check(AcmeEnvironment, {}).env)).toEqual(['ACME_API_KEY']);
    expect(check(AcmeEnvironment, { ACME_SENDER: '1Shop' }).faults).toMatchObject([{ name: 'ACME_SENDER' }]);
  });
});
