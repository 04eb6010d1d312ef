import { PhoneNumber } from '../kernel/index.js';
import type { TestNumbersOptions } from '../verification/index.js';
import type { ConfigFault } from './config-refusal.js';
import type { Environments } from './environments.js';

const LONGEST_MS = 90 * 86_400_000;
const MOST = 50;
const ITEM = /^(\+\d{7,15})=(\d+)$/;
/** Fiction's and carriers' own: +1 500 555, and +1 (any area) 555 01 followed by any two digits. */
const NOBODYS = /^\+1(500555\d{4}|\d{3}55501\d\d)$/;
const HOW = 'Write it like +15005550006=493817, several with commas between them.';

export interface TestNumbersSetup {
  readonly numbers?: TestNumbersOptions;
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
}

interface Item {
  readonly phone: PhoneNumber;
  readonly code: string;
}

/** Which numbers have a fixed code, and until when. No fault and no warning repeats a code, or a whole number. */
export function testNumbersSetup(
  { testNumbers, verification, server }: Environments,
  now = Date.now(),
): TestNumbersSetup {
  const { TEST_NUMBERS: items, TEST_NUMBERS_VALID_UNTIL: text, TEST_NUMBERS_IN_PRODUCTION: isNamed } = testNumbers;
  if (!items) return { faults: [], warnings: [] };
  const isProduction = server.NODE_ENV === 'production';
  const read = items.map((item, index) => readItem(item, `item ${index + 1}`, verification.VERIFICATION_CODE_LENGTH));
  const found = read.flatMap((each) => (typeof each === 'string' ? [] : [each]));
  const validUntil = text === undefined ? undefined : Date.parse(text);
  const problems = [
    ...read.flatMap((each) => (typeof each === 'string' ? [each] : [])),
    ...(items.length > MOST ? [`names more than ${MOST} numbers.`] : []),
    ...repeated(found).map((masked) => `names ${masked} twice.`),
  ];
  const faults = problems.map((problem) => ({ name: 'TEST_NUMBERS', problem, mend: HOW }));
  if (isProduction) faults.push(...productionFaults(found, isNamed === true, validUntil, now));
  // What is no time is refused where its variable is read.
  if (faults.length > 0 || Number.isNaN(validUntil ?? 0)) return { faults, warnings: [] };

  const codes = Object.fromEntries(found.map(({ phone, code }) => [phone.line, code]));
  const numbers = { codes, ...(validUntil !== undefined && { validUntil }) };
  return { numbers, faults: [], warnings: warningsOf(found, validUntil, now) };
}

/** Or what is wrong with it. */
function readItem(text: string, name: string, codeLength: number): Item | string {
  const [, e164 = '', code = ''] = ITEM.exec(text.replace(/\s/g, '')) ?? [];
  if (!e164) return `${name} is not written as NUMBER=CODE.`;
  if (code.length !== codeLength) return `${name} has no code of ${codeLength} digits (VERIFICATION_CODE_LENGTH).`;
  try {
    return { phone: PhoneNumber.parse(e164), code };
  } catch {
    return `${name} is no phone number.`;
  }
}

/** A number is the whole account of whoever has it, so production wants it said, ended, and not guessed at once. */
function productionFaults(
  items: readonly Item[],
  isNamed: boolean,
  validUntil: number | undefined,
  now: number,
): ConfigFault[] {
  const faults: ConfigFault[] = [];
  if (!isNamed)
    faults.push({
      name: 'TEST_NUMBERS',
      problem: 'lets whoever knows a number and its code log in with it, which production refuses.',
      mend: 'Unset it, or set TEST_NUMBERS_IN_PRODUCTION=true if that is what you want.',
    });
  if (validUntil === undefined)
    faults.push({
      name: 'TEST_NUMBERS_VALID_UNTIL',
      problem: 'is unset, and in production TEST_NUMBERS must end.',
      mend: `Set it to a time such as ${new Date(now + 7 * 86_400_000).toISOString().slice(0, 10)}T00:00:00Z.`,
    });
  else if (validUntil > now + LONGEST_MS)
    faults.push({
      name: 'TEST_NUMBERS_VALID_UNTIL',
      problem: 'is more than 90 days away.',
      mend: 'Choose an earlier time.',
    });
  for (const { phone } of items.filter(({ code }) => isGuessedFirst(code)))
    faults.push({
      name: 'TEST_NUMBERS',
      problem: `gives ${phone.masked} a code that is guessed first.`,
      mend: 'Choose one at random: no row of digits, and none that repeats itself.',
    });
  return faults;
}

/** 123456, 987654, 111111, 121212 and the like. */
export function isGuessedFirst(code: string): boolean {
  const steps = new Set([...code].slice(1).map((digit, index) => (Number(digit) - Number(code[index]) + 10) % 10));
  return steps.size === 1 || `${code}${code}`.indexOf(code, 1) < code.length;
}

function warningsOf(items: readonly Item[], validUntil: number | undefined, now: number): string[] {
  if (validUntil !== undefined && validUntil <= now)
    return ['TEST_NUMBERS_VALID_UNTIL is over: the numbers of TEST_NUMBERS are numbers like any other again'];
  const until = validUntil === undefined ? 'without an end' : `until ${new Date(validUntil).toISOString()}`;
  const masked = items.map(({ phone }) => phone.masked).join(', ');
  const persons = items.filter(({ phone }) => !NOBODYS.test(phone.e164)).map(({ phone }) => phone.masked);
  return [
    `TEST_NUMBERS: whoever knows the fixed code of ${masked} logs in with it, ${until}; no text is sent to them`,
    ...(persons.length > 0
      ? [
          `TEST_NUMBERS has ${persons.join(', ')}, which may be a person's: their account opens to whoever knows the code`,
        ]
      : []),
  ];
}

const repeated = (items: readonly Item[]): string[] => {
  const lines = items.map(({ phone }) => phone.line);
  return items.filter(({ phone }, index) => lines.indexOf(phone.line) < index).map(({ phone }) => phone.masked);
};
