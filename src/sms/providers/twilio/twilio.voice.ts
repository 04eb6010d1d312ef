import type { SmsMessage } from '../../provider/sms-provider.js';

/** Languages that Twilio's own voices speak, https://www.twilio.com/docs/voice/twiml/say/text-speech, and how a code is announced. */
const SPOKEN: readonly (readonly [language: string, announced: string])[] = [
  ['en-US', 'Your code is'],
  ['en-GB', 'Your code is'],
  ['en-AU', 'Your code is'],
  ['en-CA', 'Your code is'],
  ['en-IN', 'Your code is'],
  ['da-DK', 'Din kode er'],
  ['de-DE', 'Ihr Code lautet'],
  ['es-ES', 'Su código es'],
  ['es-MX', 'Su código es'],
  ['fi-FI', 'Koodisi on'],
  ['fr-FR', 'Votre code est'],
  ['fr-CA', 'Votre code est'],
  ['it-IT', 'Il suo codice è'],
  ['ja-JP', 'コードは'],
  ['ko-KR', '인증 코드는'],
  ['nb-NO', 'Koden din er'],
  ['nl-NL', 'Uw code is'],
  ['pl-PL', 'Twój kod to'],
  ['pt-BR', 'Seu código é'],
  ['pt-PT', 'O seu código é'],
  ['ru-RU', 'Ваш код'],
  ['sv-SE', 'Din kod är'],
  ['zh-CN', '您的验证码是'],
  ['zh-HK', '您的驗證碼是'],
  ['zh-TW', '您的驗證碼是'],
];
/** Whoever picks up needs a moment to listen, and another to write. */
const TIMES = 3;
const PAUSE = '<Pause length="1"/>';
/** Of the parameter; a longer text is not said. */
export const LONGEST_TWIML = 4_000;

/** What is said to whoever picks up: a code digit by digit, three times. */
export function twimlOf({ body, code, locale }: SmsMessage): string {
  const [language, announced] = languageFor(locale);
  const words = code === undefined ? body : `${announced}: ${[...code].join(', ')}.`;
  const said = `<Say language="${language}">${escaped(words)}</Say>${PAUSE}`;
  return `<Response>${PAUSE}${said.repeat(code === undefined ? 1 : TIMES)}</Response>`;
}

/** The very one, or the first of its kin; else American English. */
function languageFor(locale: string | undefined) {
  const wanted = (locale ?? '').replaceAll('_', '-').toLowerCase();
  const [kin] = wanted.split('-');
  return (
    SPOKEN.find(([language]) => language.toLowerCase() === wanted) ??
    SPOKEN.find(([language]) => language.split('-')[0] === kin) ??
    SPOKEN[0]!
  );
}

/** XML has no control characters but tab and line ends, escaped or not, and no half of a surrogate pair. */
const escaped = (text: string) =>
  Buffer.from(text)
    .toString()
    .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '')
    .replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
