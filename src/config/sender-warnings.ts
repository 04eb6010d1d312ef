import { isNumeric, senderRule, type SenderPool } from '../sms/index.js';

/** What countries ask of the names that texts are to go out under there; only the provider knows whether it was done. */
export function senderWarnings(provider: string, { senders }: SenderPool): string[] {
  const named = senders.filter(({ id, country }) => country !== undefined && !isNumeric(id));
  const under = (rule: ReturnType<typeof senderRule>) =>
    named.filter(({ country }) => senderRule(country!) === rule).map(({ id, country }) => `${id} in ${country}`);
  const [forbidden, registration] = [under('forbidden'), under('registration')];
  return [
    ...(forbidden.length > 0
      ? [
          `sender ids of ${provider} for countries that allow none, used only where no number is left: ${forbidden.join(', ')}`,
        ]
      : []),
    ...(registration.length > 0
      ? [
          `sender ids of ${provider} that must be registered first, or texts are lost: ${registration.join(', ')}; ask ${provider}`,
        ]
      : []),
  ];
}
