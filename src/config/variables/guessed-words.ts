/** What whoever guesses the operators' password tries first: this program, its trade, who signs in, the commonest passwords, rows of keys. */
const GUESSED =
  /sixdigit|six|digit|verif(y|ication)|phone|sms|text|code|otp|twilio|token|admin(istrator)?|root|operator|manager|master|user|login|logon|signin|password|passwort|passwd|pass|secret|geheim|change(me)?|default|example|test|welcome|hello|letmein|iloveyou|love|trustno|access|abc(def)?|qwert[yz]?(uiop)?|azerty|asdf(gh)?(jkl)?|zxcv(bnm)?|yxcv(bnm)?|monkey|dragon|shadow|sunshine|princess|football|baseball|superman|batman|pokemon|starwars|computer|internet|samsung|liverpool|chelsea|arsenal|michael|jordan|company|server|production|staging|(19|20)\d\d|(?:0?123(4(5(6(7(8(90?)?)?)?)?)?)?)|98765(43210?)?|(?:1q2w3e(4r(5t(6y)?)?)?)|(?:q1w2e3(r4(t5)?)?)/g;

const LETTER_FOR: Readonly<Record<string, string>> = {
  ...{ '0': 'o', '1': 'i', '3': 'e', '4': 'a', '5': 's', '7': 't', '@': 'a', $: 's', '!': 'i' },
};

/** Characters that are left of a password without such words, in capitals or with digits for letters, too, and without repetition. */
export function hardToGuess(password: string): number {
  const plain = password.toLowerCase();
  const spelled = plain.replace(/[013457@$!]/g, (sign) => LETTER_FOR[sign] ?? sign);
  const counts = plain.split('').map((character, at) => character !== plain[at - 1]);
  for (const text of [plain, spelled])
    for (const { index, 0: word } of text.matchAll(GUESSED)) counts.fill(false, index, index + word.length);
  return counts.filter(Boolean).length;
}
