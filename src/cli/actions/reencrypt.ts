import { DomainError, type Resealed } from '../../kernel/index.js';
import { operator } from '../operator.js';
import { Progress } from '../send/progress.js';
import { withPrivacy } from '../with-privacy.js';

class NoFormerSecret extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Put the new secret into APP_SECRET and the one before it into APP_SECRET_PREVIOUS.';

  constructor() {
    super('There is no APP_SECRET_PREVIOUS, so there is nothing to read rows with that were written under it.');
  }
}

export async function reencrypt({ wait = false, json }: { wait?: boolean; json?: true }): Promise<void> {
  const result = await withPrivacy(async (privacy, config, audit) => {
    if (config.secrets.previous === undefined) throw new NoFormerSecret();
    await audit.write({ who: operator(), act: 'secret.reencrypt' });
    if (!process.stderr.isTTY) return privacy.reseal(wait, (progress) => console.error(lineOf(progress)));
    const all = await privacy.former();
    const bar = new Progress('brought under APP_SECRET');
    const last = await privacy.reseal(wait, ({ done, left, until }) =>
      bar.show(
        done,
        Math.max(all, done + left),
        undefined,
        until ? `  ${left} in use until ${until.toISOString()}` : '',
      ),
    );
    bar.end(last.done, last.done + last.left);
    return last;
  });
  const canDropPrevious = result.left === 0;
  if (json) return console.log(JSON.stringify({ ...result, canDropPrevious }));
  for (const line of verdictOf(result)) console.log(line);
}

const lineOf = ({ done, left }: Resealed) =>
  `${done} row(s) brought under APP_SECRET${left > 0 ? `, ${left} left` : ''}`;

function verdictOf({ done, left, until, unreadable, stranded }: Resealed): readonly string[] {
  return [
    `${done} row(s) are now under APP_SECRET.`,
    ...(unreadable > 0
      ? [
          `${unreadable} row(s) are under a secret that is neither; users among them make new ones at their next login, others go by their age.`,
        ]
      : []),
    ...(stranded > 0
      ? [
          `${stranded} opt-out(s) are known by an HMAC alone: numbers that were erased, or never texted. Those made under APP_SECRET_PREVIOUS end with it.`,
        ]
      : []),
    left === 0
      ? 'APP_SECRET_PREVIOUS can be dropped now.'
      : `APP_SECRET_PREVIOUS is still needed for ${left} row(s): ${
          until ? `run this again after ${until.toISOString()}` : 'the program was at work on them; run this again'
        }, or with --wait.`,
  ];
}
