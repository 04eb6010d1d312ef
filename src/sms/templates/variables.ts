import { VariableRefused } from './template.errors.js';

export type VariableValue = string | number | boolean;

/** Longer than any name, amount or date of one text. */
const LONGEST = 160;
/**
 * Line ends and other controls, bidi marks and overrides, what takes no room, and what no character is: each can make a text
 * say something else than its template. Variation selectors are spared, which emoji have.
 */
const UNSAFE = /[\p{C}\p{Zl}\p{Zp}]|(?![\uFE0E\uFE0F])\p{Default_Ignorable_Code_Point}/u;
/** Writings in which a joiner, or what parts two letters, is spelling: Persian, the languages of India, and others beside them. */
const JOINING = String.raw`[\p{sc=Arab}\p{sc=Beng}\p{sc=Deva}\p{sc=Gujr}\p{sc=Guru}\p{sc=Knda}\p{sc=Mlym}\p{sc=Orya}\p{sc=Sinh}\p{sc=Taml}\p{sc=Telu}]`;
const PICTURE = String.raw`\p{Extended_Pictographic}`;
const JOINED = new RegExp(
  String.raw`(?<=${JOINING})[\u200C\u200D](?=${JOINING})|(?<=${PICTURE}[\uFE0F\p{EMod}]?)\u200D(?=${PICTURE})`,
  'gu',
);
/** Whether it is one line of characters that are seen. */
export const isPlainText = (text: string): boolean =>
  !UNSAFE.test(text) || !UNSAFE.test(text.replace(JOINED, ''));

export const VARIABLE_NAME = /^[a-z][A-Za-z0-9]{0,31}$/;

/**
 * Values as a text may carry them. Ours (`machineLine`) are not among them.
 * @throws {VariableRefused} for the first that is not fit to be said in one line
 */
export function checkVariables(variables: Readonly<Record<string, unknown>>): void {
  for (const name in variables) checkVariable(name, variables[name]);
}

function checkVariable(name: string, value: unknown): void {
  if (value === undefined || typeof value === 'boolean') return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new VariableRefused(name, 'is no number that can be written', 'Give a finite number, or a text.');
  }
  if (typeof value !== 'string')
    throw new VariableRefused(name, 'is neither a text nor a number', 'Give a text such as "Ada", or a number.');
  if (value.length > LONGEST)
    throw new VariableRefused(name, `is longer than ${LONGEST} characters`, 'Shorten it, or put it into the template.');
  if (!isPlainText(value))
    throw new VariableRefused(
      name,
      'has a line break, a control character or an invisible one',
      'Send it as one line of visible characters; line breaks belong into the template.',
    );
}
