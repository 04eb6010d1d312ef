import { LookupFailed, TwilioLookup } from '../../src/lookups/index.js';
import { PhoneNumber } from '../../src/kernel/index.js';
import { FakeLookup, selfSigned, type Behaviour, type SaidOfLine } from '../support/index.js';

const DEADLINE_MS = 600;
const PHONE = '+14155552671';
const phone = PhoneNumber.parse(PHONE);
const accountSid = `AC${'0'.repeat(32)}`;

let fake: FakeLookup;
let lookup: TwilioLookup;
const at = (baseUrl: string, authToken = 'test-token') => new TwilioLookup({ accountSid, authToken, baseUrl });
beforeEach(async () => {
  fake = await FakeLookup.start();
  lookup = at(fake.url);
});
afterEach(async () => {
  await lookup.close();
  await fake.close();
});

const find = (by = lookup, ms = 5_000) => by.find(phone, AbortSignal.timeout(ms));
/** Whether it may be on the bill. */
async function failureOf(work: Promise<unknown>): Promise<boolean | 'answered'> {
  try {
    await work;
    return 'answered';
  } catch (error) {
    expect(error).toBeInstanceOf(LookupFailed);
    expect((error as Error).message).not.toMatch(/4155552671|test-token/);
    return (error as LookupFailed).mayCost;
  }
}

describe('Twilio Lookup', () => {
  it('asks for the one package, and reads line, network and carrier', async () => {
    expect(await find()).toEqual({
      isValid: true,
      line: 'mobile',
      network: '310-260',
      carrier: 'T-Mobile USA, Inc.',
    });
    expect(fake.ledger).toMatchObject([{ to: PHONE, fields: { Fields: 'line_type_intelligence' } }]);
    expect(fake.faults).toEqual([]);
  });

  it.each<[SaidOfLine, string | null]>([
    [{ type: 'landline' }, 'fixed-line'],
    [{ type: 'fixedVoip' }, 'voip'],
    [{ type: 'nonFixedVoip' }, 'voip'],
    [{ type: 'tollFree' }, 'toll-free'],
    [{ type: 'premium' }, 'premium-rate'],
    [{ type: 'sharedCost' }, 'shared-cost'],
    [{ type: 'personal' }, 'personal-number'],
    [{ type: 'uan' }, 'uan'],
    [{ type: 'voicemail' }, 'voicemail'],
    [{ type: 'pager' }, 'pager'],
    [{ type: 'unknown' }, null],
    [{ type: 'something-new' }, null],
    [{ type: null, errorCode: 60601 }, null],
  ])('reads %j as %s', async (said, line) => {
    fake.lines.set(PHONE, said);
    expect(await find()).toEqual({ isValid: true, line, network: null, carrier: null });
  });

  it('knows what no phone can have, and takes no network that is none', async () => {
    fake.lines.set(PHONE, { valid: false, mcc: '31x', mnc: '2600', carrier: `A\u0000\ud800${'x'.repeat(300)}` });
    const info = await find();
    expect(info).toMatchObject({ isValid: false, network: null });
    expect(info.carrier).toBe(`A${'x'.repeat(99)}`);
  });

  it.each<[Behaviour, boolean]>([
    [{ kind: 'status', status: 503 }, true],
    [{ kind: 'accept-then-status', status: 500 }, true],
    [{ kind: 'accept-then-silence' }, true],
    [{ kind: 'accept-then-reset' }, true],
    [{ kind: 'reset-mid-body' }, true],
    [{ kind: 'slow-loris' }, true],
    [{ kind: 'html' }, true],
    [{ kind: 'huge-body' }, true],
    [{ kind: 'gzip-bomb' }, true],
    [{ kind: 'bad-id' }, true],
    [{ kind: 'blackhole' }, true],
    [{ kind: 'redirect', location: 'http://127.0.0.1:9/' }, true],
    [{ kind: 'status', status: 429 }, false],
    [{ kind: 'status', status: 404 }, false],
    [{ kind: 'status', status: 401 }, false],
  ])('gives up on %j in time, and says whether it may cost: %s', async (behaviour, mayCost) => {
    await find(); // a connection is there
    fake.behave(behaviour);
    const started = performance.now();
    expect(await failureOf(find(lookup, DEADLINE_MS))).toBe(mayCost);
    expect(performance.now() - started).toBeLessThan(DEADLINE_MS + 400);
    expect(fake.requests).toBe(2);
  });

  it('costs nothing where nobody was reached, or with wrong credentials', async () => {
    expect(await failureOf(find(at('http://nowhere.invalid')))).toBe(false);
    const secure = await FakeLookup.start({ tls: selfSigned() });
    expect(await failureOf(find(at(secure.url)))).toBe(false);
    await secure.close();
    expect(await failureOf(find(at(fake.url, 'wrong')))).toBe(false);
    expect(fake.ledger).toEqual([]);
  });

  it('shows no secret when it is printed', async () => {
    const { inspect } = await import('node:util');
    expect(`${inspect(lookup, { depth: 3 })} ${JSON.stringify(lookup)}`).not.toMatch(/test-token/);
  });
});
