import fs, {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { Source } from '../kernel/index.js';
import { providerDefinitions } from '../sms/index.js';
import { ConfigRefusal, readConfig, type AppConfig, type ConfigFault } from './index.js';

const SECRET = 'q3Zr8vXn1LpT6wYb0KfHs5JdMc2GuEa9';
const KEYS = 'shop:0123456789abcdef,desk:ABCDEFGHIJ_-.~98';
const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'token',
  TWILIO_FROM_NUMBER: '+15005550006',
};
const AWS = { AWS_SNS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE', AWS_SNS_SECRET_ACCESS_KEY: 'aws-secret' };
const PRODUCTION = { NODE_ENV: 'production', APP_SECRET: SECRET, API_KEYS: KEYS };

let dataDir: string;
beforeEach(() => (dataDir = join(mkdtempSync(join(tmpdir(), 'config-')), 'data')));
afterEach(() => rmSync(join(dataDir, '..'), { recursive: true, force: true }));

const read = (source: Source = {}): AppConfig => readConfig({ DATA_DIR: dataDir, ...source });

function refusal(source: Source): ConfigRefusal {
  try {
    read(source);
  } catch (error) {
    if (error instanceof ConfigRefusal) return error;
    throw error;
  }
  throw new Error('The configuration was accepted.');
}

const faults = (source: Source): readonly ConfigFault[] => refusal(source).faults;
const faultNames = (source: Source): string[] => [...new Set(faults(source).map(({ name }) => name))].sort();
const namesOf = (config: AppConfig): string[] => config.sms.providers.map(({ definition }) => definition.name);
const at = (config: AppConfig, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config);

describe('readConfig', () => {
  it.each([
    ['env', 'development'],
    ['server.host', '127.0.0.1'],
    ['server.port', 3000],
    ['server.publicBaseUrl', undefined],
    ['server.trustedProxies', []],
    ['server.corsOrigins', []],
    ['adminPassword', undefined],
    ['logLevel', 'info'],
    ['sms.attemptTimeoutMs', 3000],
    ['sms.sendBudgetMs', 8000],
    ['sms.failoverTimeoutSecs', 30],
    ['limits.perWindow', 5],
    ['limits.windowSecs', 3600],
    ['limits.perDay', 20],
    ['limits.dailyCostLimitMicros', 50_000_000],
    ['limits.costShareForKnown', 20],
    ['limits.lowBalance', 10],
    ['phone', { defaultRegion: 'US' }],
    ['verification.codeLength', 6],
    ['verification.ttlSecs', 600],
    ['verification.maxChecks', 5],
    ['verification.brandName', 'Sixdigit'],
    ['redis', undefined],
    ['warnings', []],
  ])('defaults %s to %j', (path, value) => {
    expect(at(read(), path)).toEqual(value);
  });

  it.each<[Source, string, unknown]>([
    [PRODUCTION, 'server.host', '0.0.0.0'],
    [{ HOST: '::1' }, 'server.host', '::1'],
    [{ PORT: '0' }, 'server.port', 0],
    [{ PORT: '' }, 'server.port', 3000],
    [{ PUBLIC_BASE_URL: 'https://a.example:8443/' }, 'server.publicBaseUrl', 'https://a.example:8443'],
    [{ TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, 'server.trustedProxies', ['10.0.0.0/8', '::1']],
    [
      { CORS_ORIGINS: 'https://A.example:443/, http://b.example:8080' },
      'server.corsOrigins',
      ['https://a.example', 'http://b.example:8080'],
    ],
    [
      { DATABASE_URL: 'postgres://u:p@h/d' },
      'database',
      { kind: 'postgres', url: 'postgres://u:p@h/d', maxConnections: 8 },
    ],
    [{ REDIS_URL: 'rediss://h' }, 'redis', { url: 'rediss://h', maxConnections: 20 }],
    [{ SMS_RATE_LIMIT_PER_PHONE: '7' }, 'limits.perWindow', 7],
    [{ SMS_DAILY_COST_LIMIT: '0.29' }, 'limits.dailyCostLimitMicros', 290_000],
    [{ PHONE_DEFAULT_REGION: 'gb' }, 'phone.defaultRegion', 'GB'],
    [{ ALLOWED_COUNTRIES: 'us,CA' }, 'fraud.allowedCountries', ['US', 'CA']],
    [{ BLOCKED_COUNTRIES: 'sl' }, 'fraud.blockedCountries', ['SL']],
    [{ BLOCKED_LINE_TYPES: 'none' }, 'fraud.blockedLineTypes', []],
    [{ FRAUD_MODE: 'enforce' }, 'fraud.mode', 'enforce'],
    [{ VERIFICATION_TTL_SECS: '60' }, 'verification.ttlSecs', 60],
    [{ VERIFICATION_CODE_LENGTH: '10' }, 'verification.codeLength', 10],
    [{ WEB_OTP_DOMAIN: 'login.example.com' }, 'verification.webOtpDomain', 'login.example.com'],
    [{ ANDROID_APP_HASH: 'FA+9qCX9VSu' }, 'verification.androidAppHash', 'FA+9qCX9VSu'],
    [{ SMS_LOG_LEVEL: 'trace' }, 'logLevel', 'trace'],
    [{ ADMIN_PASSWORD: 'short' }, 'adminPassword', 'short'],
    [{ SMS_WEBHOOK_SECRET: SECRET }, 'sms.webhookSecret', SECRET],
  ])('reads %j into %s', (source, path, value) => {
    expect(at(read(source), path)).toEqual(value);
  });

  it.each([
    ['NODE_ENV', 'staging'],
    ['HOST', 'http://localhost'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', 'http'],
    ['PUBLIC_BASE_URL', 'https://a.example/path'],
    ['PUBLIC_BASE_URL', 'https://a.example?x=1'],
    ['PUBLIC_BASE_URL', 'https://u:p@a.example'],
    ['PUBLIC_BASE_URL', 'ftp://a.example'],
    ['PUBLIC_BASE_URL', 'a.example'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['TRUSTED_PROXIES', '10.0.0.0/33'],
    ['TRUSTED_PROXIES', '10.0.0.0/8/8'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'null'],
    ['CORS_ORIGINS', 'https://*.example.com'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['CORS_ORIGINS', 'https://a.example,b.example'],
    ['ADMIN_PASSWORD', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ'],
    ['ADMIN_PASSWORD', '$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$MTIzNDU2Nzg5MDEyMzQ1Njc4OTA'],
    ['DATABASE_URL', 'mysql://h/d'],
    ['REDIS_URL', 'http://h'],
    ['REDIS_MAX_CONNECTIONS', '0'],
    ['API_KEYS', 'shop'],
    ['API_KEYS', 'shop:tooshort'],
    ['API_KEYS', 'Shop:0123456789abcdef'],
    ['API_KEYS', 'shop:0123456789abcde!'],
    ['API_KEYS', 'shop:0123456789abcdef,shop:ABCDEFGHIJKLMNOP'],
    ['API_KEYS', ','],
    ['SMS_SIMULATION_MODE', 'maybe'],
    ['SMS_ATTEMPT_TIMEOUT_MS', '99'],
    ['SMS_SEND_BUDGET_MS', '60001'],
    ['SMS_SEND_BUDGET_MS', '3499'],
    ['SMS_FAILOVER_TIMEOUT_SECS', '0'],
    ['SMS_WEBHOOK_SECRET', 'x'.repeat(31)],
    ['SMS_LOG_LEVEL', 'loud'],
    ['SMS_RATE_LIMIT_PER_HOUR', '0'],
    ['SMS_RATE_LIMIT_WINDOW', '1.5'],
    ['SMS_RATE_LIMIT_PER_DAY', 'many'],
    ['SMS_DAILY_COST_LIMIT', '1.005'],
    ['SMS_DAILY_COST_LIMIT', '-1'],
    ['PHONE_DEFAULT_REGION', 'XX'],
    ['ALLOWED_COUNTRIES', 'US,ZZ'],
    ['VERIFICATION_CODE_LENGTH', '3'],
    ['VERIFICATION_CODE_LENGTH', '11'],
    ['VERIFICATION_TTL_SECS', '59'],
    ['VERIFICATION_TTL_SECS', '3601'],
    ['VERIFICATION_MAX_CHECKS', '0'],
    ['VERIFICATION_MAX_CHECKS', '11'],
    ['BRAND_NAME', 'two\nlines'],
    ['WEB_OTP_DOMAIN', 'https://login.example.com'],
    ['WEB_OTP_DOMAIN', 'login.example.com/path'],
    ['ANDROID_APP_HASH', 'FA+9qCX9VS'],
  ])('refuses %s=%j, naming it once and saying how to mend it', (name, value) => {
    const [fault, ...others] = faults({ [name]: value });
    expect(others).toEqual([]);
    expect(fault).toMatchObject({ name });
    expect(fault!.problem).toMatch(/^(must|has|is|names) .*\.$/);
    expect(fault!.mend).not.toBe('');
  });

  it('lists every fault in one message, one a line', () => {
    const { message } = refusal({ PORT: 'x', SMS_LOG_LEVEL: 'x', TWILIO_AUTH_TOKEN: 'x' });
    const lines = message.split('\n');
    expect(lines[0]).toBe('The configuration has 4 faults:');
    expect(lines).toContain('  PORT: must be a whole number from 0 to 65535. Write it like PORT=3000');
    expect(lines).toHaveLength(5);
  });

  it('never repeats a secret', () => {
    const secret = 'hush hush';
    const names = ['APP_SECRET', 'APP_SECRET_PREVIOUS', 'ADMIN_PASSWORD', 'SMS_WEBHOOK_SECRET', 'TWILIO_AUTH_TOKEN'];
    const source = { ...Object.fromEntries(names.map((name) => [name, secret])), API_KEYS: `shop:${secret}` };
    const urls = { DATABASE_URL: `http://u:${secret}@h`, REDIS_URL: `http://u:${secret}@h` };
    const { message } = refusal({ ...PRODUCTION, ...source, ...urls });
    for (const name of [...names, 'API_KEYS', 'DATABASE_URL', 'REDIS_URL']) expect(message).toContain(`  ${name}: `);
    expect(message).not.toContain(secret);
  });

  it('tells the name that the operator wrote', () => {
    expect(faults({ SMS_MOCK_MODE: 'maybe' })[0]!.problem).toContain('SMS_MOCK_MODE');
    expect(faults({ SMS_SIMULATION_MODE: 'maybe' })[0]!.problem).not.toContain('SMS_MOCK_MODE');
  });

  it('is frozen all through, but for the definitions', () => {
    const config = read(TWILIO);
    const parts = [config, config.server.trustedProxies, config.sms.providers[0], config.sms.providers[0]!.env];
    expect(parts.every(Object.isFrozen)).toBe(true);
    expect(Object.isFrozen(config.apiKeys[0])).toBe(true);
    expect(providerDefinitions.some(Object.isFrozen)).toBe(false);
  });
});

describe('providers and mode', () => {
  it.each<[Source, AppConfig['sms']['mode'], string[], string]>([
    [{}, 'simulation', ['mock', 'mock-backup'], 'no provider credentials were found'],
    [{ NODE_ENV: 'test' }, 'simulation', ['mock', 'mock-backup'], 'no provider credentials were found'],
    [TWILIO, 'live', ['twilio'], 'twilio'],
    [{ ...AWS, ...TWILIO }, 'live', ['twilio', 'aws-sns'], 'twilio, then aws-sns'],
    [{ ...AWS, ...TWILIO, SMS_PROVIDERS: 'aws-sns,twilio' }, 'live', ['aws-sns', 'twilio'], 'aws-sns, then twilio'],
    [{ ...AWS, ...TWILIO, SMS_PROVIDER: 'failover' }, 'live', ['twilio', 'aws-sns'], 'twilio, then aws-sns'],
    [{ ...AWS, ...TWILIO, SMS_PROVIDERS: 'AWS-SNS' }, 'live', ['aws-sns'], 'aws-sns'],
    [{ SMS_PROVIDERS: 'aws-sns' }, 'live', ['aws-sns'], 'aws-sns'],
    [{ ...TWILIO, SMS_PROVIDERS: 'disabled' }, 'disabled', [], 'SMS_PROVIDERS is disabled'],
    [{ ...TWILIO, SMS_PROVIDERS: 'mock' }, 'simulation', ['mock', 'mock-backup'], 'SMS_PROVIDERS is mock'],
    [{ ...TWILIO, SMS_SIMULATION_MODE: 'true' }, 'simulation', ['mock', 'mock-backup'], 'SMS_SIMULATION_MODE is on'],
    [{ ...TWILIO, SMS_MOCK_MODE: '1' }, 'simulation', ['mock', 'mock-backup'], 'SMS_SIMULATION_MODE is on'],
    [
      { SMS_SIMULATION_MODE: 'true', SMS_PROVIDERS: 'disabled' },
      'simulation',
      ['mock', 'mock-backup'],
      'SMS_SIMULATION_MODE is on',
    ],
    [
      { TWILIO_AUTH_TOKEN: 'x', SMS_SIMULATION_MODE: 'true' },
      'simulation',
      ['mock', 'mock-backup'],
      'SMS_SIMULATION_MODE is on',
    ],
    [{ ...PRODUCTION, ...TWILIO }, 'live', ['twilio'], 'twilio'],
  ])('%j: %s with %j, because %s', (source, mode, names, modeReason) => {
    const config = read(source);
    expect(config.sms).toMatchObject({ mode, modeReason });
    expect(namesOf(config)).toEqual(names);
  });

  it('starts production without credentials disabled, and says which to set', () => {
    const { sms } = read(PRODUCTION);
    expect(sms).toMatchObject({ mode: 'disabled', providers: [] });
    expect(sms.modeReason).toMatch(
      /no provider credentials were found; set TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN, TWILIO_FROM/,
    );
    expect(sms.modeReason).toContain('SMS_HTTP_URL');
  });

  it('reads the variables of the providers that it uses', () => {
    expect(read({ ...TWILIO, TWILIO_MAX_RETRIES: '1' }).sms.providers[0]!.env).toMatchObject({ TWILIO_MAX_RETRIES: 1 });
  });

  it.each([
    ['twilio,pigeon', /"pigeon"/],
    ['twilio,twilio', /twilio more than once/],
    ['failover,twilio', /twilio more than once/],
    ['mock,twilio', /mock among others/],
    ['disabled,twilio', /disabled among others/],
    [',', /no provider/],
  ])('refuses SMS_PROVIDERS=%s', (SMS_PROVIDERS, problem) => {
    const found = faults({ ...TWILIO, ...AWS, SMS_PROVIDERS });
    expect(found).toEqual([
      expect.objectContaining({ name: 'SMS_PROVIDERS', problem: expect.stringMatching(problem) }),
    ]);
  });

  it.each<[Source, string[]]>([
    [
      { SMS_PROVIDERS: 'twilio' },
      [
        'TWILIO_ACCOUNT_SID',
        'TWILIO_AUTH_TOKEN',
        'TWILIO_FROM_NUMBER or TWILIO_FROM_NUMBERS or TWILIO_MESSAGING_SERVICE_SID',
      ],
    ],
    [{ ...TWILIO, TWILIO_AUTH_TOKEN: '' }, ['TWILIO_AUTH_TOKEN']],
    [{ ...TWILIO, TWILIO_WHATSAPP_FROM: '+14155238886' }, ['TWILIO_WHATSAPP_CONTENT_SID']],
    [
      { ...TWILIO, TWILIO_WHATSAPP_CONTENT_SID: `HX${'0'.repeat(32)}` },
      ['TWILIO_WHATSAPP_FROM or TWILIO_MESSAGING_SERVICE_SID'],
    ],
    [{ ...TWILIO, TWILIO_VOICE_FROM: 'whatsapp:+14155238886' }, ['TWILIO_VOICE_FROM']],
    [{ AWS_ACCESS_KEY_ID: AWS.AWS_SNS_ACCESS_KEY_ID }, ['AWS_SNS_SECRET_ACCESS_KEY']],
    [{ ...AWS, ...TWILIO, TWILIO_ACCOUNT_SID: '', SMS_PROVIDERS: 'aws-sns' }, ['TWILIO_ACCOUNT_SID']],
    [{ ...TWILIO, TWILIO_MAX_RETRIES: '99' }, ['TWILIO_MAX_RETRIES']],
    [{ ...PRODUCTION, ...TWILIO, TWILIO_AUTH_TOKEN: '', SMS_PROVIDERS: 'disabled' }, ['TWILIO_AUTH_TOKEN']],
  ])('refuses half a provider: %j', (source, names) => {
    expect(faultNames(source)).toEqual(names.sort());
  });

  describe('{reportUrl} where no report can come', () => {
    const asking = { SMS_HTTP_URL: 'https://sms.example.com/?dlr-url={reportUrl}%26status%3D%25d' };
    const whole = { PUBLIC_BASE_URL: 'https://verify.example.com', SMS_WEBHOOK_SECRET: SECRET };

    it.each<[Source, string[]]>([
      [asking, ['PUBLIC_BASE_URL', 'SMS_WEBHOOK_SECRET']],
      [{ ...asking, ...whole, PUBLIC_BASE_URL: '' }, ['PUBLIC_BASE_URL']],
      [{ ...asking, ...whole, SMS_WEBHOOK_SECRET: undefined }, ['SMS_WEBHOOK_SECRET']],
      [{ ...PRODUCTION, ...asking, ...whole, SMS_WEBHOOK_SECRET: undefined }, ['SMS_WEBHOOK_SECRET']],
      [
        {
          SMS_HTTP_URL: 'https://sms.example.com',
          SMS_HTTP_BODY: '{"cb":"{reportUrl}"}',
          ...whole,
          PUBLIC_BASE_URL: '',
        },
        ['PUBLIC_BASE_URL'],
      ],
    ])('is refused: %j', (source, names) => {
      expect(faultNames(source)).toEqual(names);
    });

    it('is refused with the mend', () => {
      expect(refusal(asking).message).toContain(
        'SMS_WEBHOOK_SECRET: is unset, and {reportUrl} in SMS_HTTP_URL is nothing without it. Set it, or take {reportUrl} out of SMS_HTTP_URL.',
      );
    });

    it.each<Source>([
      { ...asking, ...whole },
      { ...asking, ...TWILIO, SMS_PROVIDERS: 'twilio' },
      { ...asking, SMS_SIMULATION_MODE: 'true' },
      { SMS_HTTP_URL: 'https://sms.example.com', SMS_HTTP_METHOD: 'GET', SMS_HTTP_BODY: '{reportUrl}' },
    ])('matters not in %j', (source) => {
      expect(() => read(source)).not.toThrow();
    });
  });

  it('ignores bad variables of a provider that is not used', () => {
    const source = { ...TWILIO, ...AWS, AWS_REGION: 'nowhere', SMS_PROVIDERS: 'twilio' };
    expect(namesOf(read(source))).toEqual(['twilio']);
  });

  it('takes other definitions than the default', () => {
    const definitions = providerDefinitions.filter(({ name }) => name === 'aws-sns');
    const config = readConfig({ DATA_DIR: dataDir, ...TWILIO, ...AWS }, { definitions });
    expect(namesOf(config)).toEqual(['aws-sns']);
  });
});

describe('production', () => {
  it('refuses everything at once', () => {
    const source = {
      NODE_ENV: 'production',
      PORT: 'x',
      SMS_SIMULATION_MODE: 'true',
      APP_SECRET_PREVIOUS: 'short',
      ADMIN_PASSWORD: 'elevenchars',
      PUBLIC_BASE_URL: 'http://a.example',
      TWILIO_ACCOUNT_SID: TWILIO.TWILIO_ACCOUNT_SID,
      TWILIO_FROM_NUMBER: TWILIO.TWILIO_FROM_NUMBER,
    };
    expect(faultNames(source)).toEqual([
      'ADMIN_PASSWORD',
      'API_KEYS',
      'APP_SECRET',
      'APP_SECRET_PREVIOUS',
      'PORT',
      'PUBLIC_BASE_URL',
      'SMS_SIMULATION_MODE',
      'TWILIO_AUTH_TOKEN',
    ]);
  });

  it.each<[string, Source]>([
    ['APP_SECRET', { APP_SECRET: undefined }],
    ['APP_SECRET', { APP_SECRET: SECRET.slice(1) }],
    ['APP_SECRET', { APP_SECRET: `Please-CHANGE-${SECRET}` }],
    ['APP_SECRET', { APP_SECRET: 'secret'.repeat(6) }],
    ['APP_SECRET', { APP_SECRET: 'a'.repeat(40) }],
    ['APP_SECRET', { APP_SECRET: 'change-me-to-at-least-32-random-bytes' }],
    ['APP_SECRET_PREVIOUS', { APP_SECRET_PREVIOUS: 'short' }],
    ['APP_SECRET_PREVIOUS', { APP_SECRET_PREVIOUS: 'change-me-to-the-former-app-secret' }],
    ['API_KEYS', { API_KEYS: undefined }],
    ['API_KEYS', { API_KEYS: `${KEYS},mine:change-me-shop-0123456789` }],
    ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'elevenchars' }],
    ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'Sixdigit-Admin-2026' }],
    ['ADMIN_PASSWORD', { ADMIN_PASSWORD: 'change-me-too-please' }],
    ['SMS_WEBHOOK_SECRET', { SMS_WEBHOOK_SECRET: 'change-me-to-at-least-32-characters' }],
    ['SMS_PROVIDERS', { SMS_PROVIDERS: 'mock' }],
    ['SMS_SIMULATION_MODE', { SMS_MOCK_MODE: 'on' }],
    ['PUBLIC_BASE_URL', { PUBLIC_BASE_URL: 'http://a.example' }],
  ])('refuses only %s of %j, which development accepts', (name, source) => {
    expect(faultNames({ ...PRODUCTION, ...source })).toEqual([name]);
    expect(() => read({ ...PRODUCTION, ...source, NODE_ENV: 'development' })).not.toThrow();
  });

  it('accepts long secrets, counted in bytes', () => {
    const secret = 'äöüßéèêáàâñçøåæœ';
    expect(read({ ...PRODUCTION, APP_SECRET: secret, APP_SECRET_PREVIOUS: SECRET }).secrets).toEqual({
      current: secret,
      previous: SECRET,
    });
  });

  it('has no key of its own, and writes nothing', () => {
    const config = read({ ...PRODUCTION, ADMIN_PASSWORD: 'twelve chars' });
    expect(config.devApiKey).toBeUndefined();
    expect(config.apiKeys).toEqual([
      { name: 'shop', key: '0123456789abcdef' },
      { name: 'desk', key: 'ABCDEFGHIJ_-.~98' },
    ]);
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('development', () => {
  const file = () => join(dataDir, 'app-secret');

  it('makes a secret once, for its owner only, and leaves nothing else behind', () => {
    const first = read();
    expect(Buffer.from(first.secrets.current, 'base64url')).toHaveLength(32);
    expect(readFileSync(file(), 'utf8').trim()).toBe(first.secrets.current);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(dataDir)).toEqual(['app-secret']);
    expect(read().secrets.current).toBe(first.secrets.current);
  });

  it('takes the secret of another starter that was quicker', () => {
    const link = fs.linkSync;
    const spy = jest.spyOn(fs, 'linkSync').mockImplementation((draft, path) => {
      writeFileSync(path, SECRET);
      link(draft, path);
    });
    expect(read().secrets.current).toBe(SECRET);
    expect(spy).toHaveBeenCalledTimes(1);
    spy.mockRestore();
    expect(readdirSync(dataDir)).toEqual(['app-secret']);
  });

  it('uses the secret that is there', () => {
    mkdirSync(dataDir);
    writeFileSync(file(), `${SECRET}\n`);
    expect(read().secrets.current).toBe(SECRET);
  });

  it('refuses a damaged one, and a folder that cannot be written', () => {
    mkdirSync(dataDir);
    writeFileSync(file(), '');
    expect(faultNames({})).toEqual(['DATA_DIR']);
    expect(faultNames({ DATA_DIR: join(file(), 'below-a-file') })).toEqual(['DATA_DIR']);
  });

  it('writes nothing when it is refused, or has APP_SECRET', () => {
    refusal({ PORT: 'x' });
    read({ APP_SECRET: SECRET });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('derives one API key from the secret', () => {
    const [one, again, other] = [SECRET, SECRET, `${SECRET}!`].map((APP_SECRET) => read({ APP_SECRET }).devApiKey);
    expect(one).toMatch(/^sk_dev_[A-Za-z0-9_-]{32}$/);
    expect(again).toBe(one);
    expect(other).not.toBe(one);
    expect(read({ APP_SECRET: SECRET }).apiKeys).toEqual([{ name: 'development', key: one }]);
  });

  it('derives none when API_KEYS is set', () => {
    const config = read({ API_KEYS: KEYS });
    expect(config.devApiKey).toBeUndefined();
    expect(config.apiKeys.map(({ name }) => name)).toEqual(['shop', 'desk']);
  });
});

describe('warnings', () => {
  it.each<[Source, RegExp]>([
    [{ SMS_DAILY_COST_LIMIT: '0' }, /^SMS_DAILY_COST_LIMIT is 0/],
    [{ ...PRODUCTION, PUBLIC_BASE_URL: 'https://h' }, /^DATABASE_URL is unset: the embedded database serves one/],
    [
      { ...PRODUCTION, DATABASE_URL: 'postgres://h/d?sslmode=verify-full' },
      /^PUBLIC_BASE_URL is unset: no delivery reports are asked for or taken, and proofs name/,
    ],
    [
      { ...PRODUCTION, DATABASE_URL: 'postgres://h/d', PUBLIC_BASE_URL: 'https://h' },
      /^DATABASE_URL leads to another machine without TLS/,
    ],
    [
      { ...PRODUCTION, DATABASE_URL: 'postgres://localhost/d', PUBLIC_BASE_URL: 'https://h', REDIS_URL: 'redis://h' },
      /^REDIS_URL leads to another machine without TLS/,
    ],
    [{ APP_SECRET: 'short' }, /^APP_SECRET is shorter than 32 bytes/],
    [
      { SMS_SIMULATION_MODE: 'true', SMS_MOCK_MODE: 'false' },
      /SMS_SIMULATION_MODE and SMS_MOCK_MODE .*: SMS_SIMULATION_MODE wins/,
    ],
    [{ ...TWILIO, SMS_API_KEY: 'other' }, /TWILIO_ACCOUNT_SID and SMS_API_KEY .*: TWILIO_ACCOUNT_SID wins/],
  ])('%j: %s', (source, warning) => {
    expect(read(source).warnings).toEqual([expect.stringMatching(warning)]);
  });

  it.each<[Source]>([
    [{ ...TWILIO, SMS_API_KEY: TWILIO.TWILIO_ACCOUNT_SID }],
    [{ AWS_REGION: 'eu-west-1', AWS_SNS_REGION: 'us-east-1' }],
    [{ ...PRODUCTION, DATABASE_URL: 'postgres://localhost/d', PUBLIC_BASE_URL: 'https://h', REDIS_URL: 'rediss://h' }],
  ])('%j: none', (source) => {
    expect(read(source).warnings).toEqual([]);
  });
});
