import type { Source } from '../kernel/index.js';
import { ConfigRefusal } from './config-refusal.js';
import { readConfig } from './read-config.js';
import { senderWarnings } from './sender-warnings.js';

const TWILIO = {
  NODE_ENV: 'test',
  APP_SECRET: 'a test secret of more than 32 bytes',
  API_KEYS: 'tests:test-key-0123456789abcdef',
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'test-token',
  TWILIO_FROM_NUMBER: '+15005550006',
};
const faultsOf = (env: Source): string[] => {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigRefusal) return error.faults.map(({ name, problem }) => `${name} ${problem}`);
    throw error;
  }
};

describe('senders in the environment', () => {
  it('are refused with every fault at once, before anything is sent', () => {
    const faults = faultsOf({ ...TWILIO, TWILIO_SENDER_IDS: 'GBR:Acme,DE:1Acme,DE:Acme', LOOKUP_TTL_DAYS: '0' });
    expect(faults).toHaveLength(2);
    expect(faults.join()).toMatch(/LOOKUP_TTL_DAYS must be a whole number/);
    expect(faults.join()).toMatch(
      /"GBR:Acme" begins with no country.*"DE:1Acme" has no sender id.*"DE:Acme" names DE again/,
    );
  });

  it('are warned of where a country forbids names, or wants them registered', () => {
    const { warnings } = readConfig({ ...TWILIO, TWILIO_SENDER_IDS: 'us:Acme,IN:Acme,SE:Acme' });
    expect(warnings.filter((warning) => warning.includes('sender ids'))).toEqual([
      expect.stringMatching(/^sender ids of twilio for countries that allow none.*: Acme in US$/),
      expect.stringMatching(/^sender ids of twilio that must be registered first.*: Acme in IN; ask twilio$/),
    ]);
    expect(senderWarnings('twilio', { senders: [{ id: 'Acme' }, { id: '+919876543210', country: 'IN' }] })).toEqual([]);
  });
});

describe('lookups in the environment', () => {
  it('are off, unless somebody is named', () => {
    expect(readConfig(TWILIO).lookups).toBeUndefined();
    const on = readConfig({ ...TWILIO, LOOKUP_PROVIDER: 'twilio' }).lookups;
    expect(on).toMatchObject({ accountSid: TWILIO.TWILIO_ACCOUNT_SID, ttlDays: 30, timeoutMs: 800, perDay: 1_000 });
    expect([on?.isRequired, on?.priceMicros('US')]).toEqual([false, 8_000]);
  });

  it('cost nothing where no text leaves', () => {
    expect(readConfig({ ...TWILIO, LOOKUP_PROVIDER: 'twilio', SMS_SIMULATION_MODE: 'true' }).lookups).toBeUndefined();
  });

  it("need Twilio's credentials, whoever carries the texts", () => {
    const { TWILIO_ACCOUNT_SID: _sid, TWILIO_AUTH_TOKEN: _token, TWILIO_FROM_NUMBER: _from, ...none } = TWILIO;
    const sns = { ...none, SMS_PROVIDERS: 'aws-sns', LOOKUP_PROVIDER: 'twilio' };
    expect(faultsOf(sns).map((fault) => fault.split(' ')[0])).toEqual(['TWILIO_ACCOUNT_SID', 'TWILIO_AUTH_TOKEN']);
    expect(faultsOf({ ...sns, TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 'x' })).toHaveLength(1);
  });

  it.each([
    ['LOOKUP_PROVIDER', 'hlr'],
    ['LOOKUP_BASE_URL', 'http://lookups.example.com'],
    ['LOOKUP_TIMEOUT_MS', '10'],
    ['LOOKUP_PER_DAY', '-1'],
    ['LOOKUP_REQUIRED', 'maybe'],
  ])('refuse %s=%s', (name, value) => {
    expect(faultsOf({ ...TWILIO, [name]: value })).toEqual([expect.stringMatching(`^${name} `)]);
  });
});
