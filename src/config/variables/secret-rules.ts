import { variablesOf } from '../../kernel/index.js';
import type { ConfigFault } from '../config-refusal.js';
import { hardToGuess } from './guessed-words.js';
import { MAKE_API_KEY, MAKE_SECRET, SecretsEnvironment } from './secrets.environment.js';

const SECRET_BYTES = 32;
const PASSWORD_LENGTH = 12;
/** 32 random characters, even hex ones, have as good as never fewer different ones. */
const DIFFERENT_CHARACTERS = 8;
const PLACEHOLDER = /change|placeholder|example|your[-_ ]/i;
const EXAMPLES = new Map(variablesOf(SecretsEnvironment).map(({ name, example }) => [name, example]));

/** Whether it has the 32 bytes that production asks for. */
export const isLongEnough = (secret: string): boolean => Buffer.byteLength(secret) >= SECRET_BYTES;

/** What production does not accept of the secrets; no fault repeats any of them. */
export function secretFaults(env: SecretsEnvironment): ConfigFault[] {
  const { APP_SECRET, APP_SECRET_PREVIOUS, API_KEYS, ADMIN_PASSWORD } = env;
  const faults: ConfigFault[] = [];
  const fault = (name: string, problem: string, mend: string) => faults.push({ name, problem, mend });

  if (!APP_SECRET) fault('APP_SECRET', 'is unset.', MAKE_SECRET);
  else if (!isLongEnough(APP_SECRET)) fault('APP_SECRET', `is shorter than ${SECRET_BYTES} bytes.`, MAKE_SECRET);
  else if (isPlaceholder(APP_SECRET)) fault('APP_SECRET', 'is a placeholder that anybody can guess.', MAKE_SECRET);
  if (APP_SECRET_PREVIOUS && !isLongEnough(APP_SECRET_PREVIOUS)) {
    fault(
      'APP_SECRET_PREVIOUS',
      `is shorter than ${SECRET_BYTES} bytes.`,
      'Put the whole former APP_SECRET there, or unset it.',
    );
  }
  for (const name of ['APP_SECRET_PREVIOUS', 'API_KEYS', 'SMS_WEBHOOK_SECRET'] as const) {
    if ([env[name] ?? []].flat().some((item) => isRepetition(keyOf(item))))
      fault(name, 'repeats itself, which anybody can guess.', MAKE_SECRET);
  }
  if (!API_KEYS) fault('API_KEYS', 'is unset, so nobody could call the API.', MAKE_API_KEY);
  if (ADMIN_PASSWORD && ADMIN_PASSWORD.length < PASSWORD_LENGTH) {
    fault('ADMIN_PASSWORD', `is shorter than ${PASSWORD_LENGTH} characters.`, 'Choose a longer one, or unset it.');
  } else if (ADMIN_PASSWORD && isEasyToGuess(ADMIN_PASSWORD)) {
    fault(
      'ADMIN_PASSWORD',
      `has less than ${PASSWORD_LENGTH} characters beside words that everybody tries first.`,
      'Choose four or five random words, or unset it.',
    );
  }
  for (const name of ['APP_SECRET_PREVIOUS', 'API_KEYS', 'ADMIN_PASSWORD', 'SMS_WEBHOOK_SECRET'] as const) {
    if (holdsExample(name, env[name]))
      fault(name, 'is the value of .env.example, which everybody knows.', 'Make one of your own.');
  }
  return faults;
}

/** Of a hash nobody can tell. */
const isEasyToGuess = (password: string): boolean =>
  !password.startsWith('$argon2id$') && hardToGuess(password) < PASSWORD_LENGTH;

function isPlaceholder(secret: string): boolean {
  return PLACEHOLDER.test(secret) || new Set(secret).size < DIFFERENT_CHARACTERS || isRepetition(secret);
}

/** A text that is another one, several times over: nobody's random bytes are. */
const isRepetition = (secret: string): boolean => `${secret}${secret}`.indexOf(secret, 1) < secret.length;

/** One example key among real ones is enough. */
function holdsExample(name: string, value: string | readonly string[] | undefined): boolean {
  const examples = EXAMPLES.get(name)?.split(',') ?? [];
  return [value ?? []].flat().some((item) => examples.some((example) => keyOf(item) === keyOf(example)));
}

/** Renaming an example key does not make it a secret. */
const keyOf = (item: string): string => item.slice(item.indexOf(':') + 1);
