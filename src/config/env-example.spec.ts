import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { variablesOf } from '../kernel/index.js';
import { providerDefinitions } from '../sms/index.js';
import { check } from './check.js';
import { exampleFile } from './env-example.js';
import { ENVIRONMENTS } from './environments.js';

const PATH = join(process.cwd(), '.env.example');

/** The environment table of the design, name by name. */
const NAMES = `
  NODE_ENV HOST PORT PUBLIC_BASE_URL DATABASE_URL DATA_DIR REDIS_URL REDIS_MAX_CONNECTIONS APP_SECRET APP_SECRET_PREVIOUS
  API_KEYS ADMIN_PASSWORD TRUSTED_PROXIES CORS_ORIGINS SMS_PROVIDERS SMS_SIMULATION_MODE
  TWILIO_ACCOUNT_SID TWILIO_AUTH_TOKEN TWILIO_FROM_NUMBER TWILIO_FROM_NUMBERS TWILIO_MESSAGING_SERVICE_SID TWILIO_AREA_CODE
  TWILIO_MAX_RETRIES TWILIO_RETRY_DELAY_MS TWILIO_REQUEST_TIMEOUT_SECS TWILIO_BASE_URL
  AWS_SNS_ACCESS_KEY_ID AWS_SNS_SECRET_ACCESS_KEY AWS_SNS_REGION AWS_SNS_SENDER_ID AWS_SNS_SMS_TYPE AWS_SNS_MAX_RETRIES
  AWS_SNS_RETRY_DELAY_MS AWS_SNS_REQUEST_TIMEOUT_SECS AWS_SNS_ENDPOINT AWS_SNS_REPORT_TOPIC_ARNS
  SMS_ATTEMPT_TIMEOUT_MS SMS_SEND_BUDGET_MS SMS_FAILOVER_TIMEOUT_SECS SMS_RATE_LIMIT_PER_HOUR SMS_RATE_LIMIT_WINDOW
  SMS_RATE_LIMIT_PER_DAY SMS_DAILY_COST_LIMIT SMS_WEBHOOK_SECRET SMS_LOG_LEVEL PHONE_DEFAULT_REGION ALLOWED_COUNTRIES
  VERIFICATION_CODE_LENGTH VERIFICATION_TTL_SECS VERIFICATION_MAX_CHECKS BRAND_NAME WEB_OTP_DOMAIN ANDROID_APP_HASH`;
const ALIASES = [
  ['SMS_PROVIDERS', 'SMS_PROVIDER'],
  ['SMS_SIMULATION_MODE', 'SMS_MOCK_MODE'],
  ['SMS_RATE_LIMIT_PER_HOUR', 'SMS_RATE_LIMIT_PER_PHONE'],
  ['TWILIO_ACCOUNT_SID', 'SMS_API_KEY'],
  ['TWILIO_AUTH_TOKEN', 'SMS_API_SECRET'],
  ['TWILIO_FROM_NUMBER', 'TWILIO_PHONE_NUMBER'],
  ['TWILIO_FROM_NUMBER', 'SMS_SENDER_ID'],
  ['AWS_SNS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY_ID'],
  ['AWS_SNS_SECRET_ACCESS_KEY', 'AWS_SECRET_ACCESS_KEY'],
  ['AWS_SNS_REGION', 'AWS_REGION'],
] as const;

const environments: (new () => object)[] = [
  ...Object.values(ENVIRONMENTS),
  ...providerDefinitions.map(({ environment }) => environment),
];
const variables = environments.flatMap((environment) => variablesOf(environment));
const text = exampleFile(providerDefinitions);
const uncommented = parseEnv(text.replace(/^# (?=[A-Z0-9_]+=)/gm, ''));

if (process.env.UPDATE_ENV_EXAMPLE === '1') writeFileSync(PATH, text);

describe('.env.example', () => {
  it('is what the environment classes say', () => {
    expect(readFileSync(PATH, 'utf8')).toBe(text);
  });

  it('changes nothing when it is copied', () => {
    expect(parseEnv(text)).toEqual({});
  });

  it.each(NAMES.trim().split(/\s+/))('has %s', (name) => {
    expect(uncommented).toHaveProperty(name);
  });

  it.each(ALIASES)('mentions of %s that it is also read from %s', (name, alias) => {
    expect(variables.find((variable) => variable.name === name)?.aliases).toContain(alias);
    expect(text).toMatch(new RegExp(`Also read from [^\\n]*\\b${alias}\\b[^\\n]*\\n# ${name}=`));
  });

  it('gives every variable once, with an example that a .env file can hold', () => {
    expect(uncommented).toEqual(Object.fromEntries(variables.map(({ name, example }) => [name, example])));
    expect(new Set(variables.map(({ name }) => name)).size).toBe(variables.length);
  });

  it.each(environments.map((environment) => [environment.name, environment] as const))(
    'has examples that %s accepts',
    (_name, environment) => {
      expect(check(environment, uncommented).faults).toEqual([]);
    },
  );
});
