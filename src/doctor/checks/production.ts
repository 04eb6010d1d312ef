import { examine } from '../../config/index.js';
import type { Source } from '../../kernel/index.js';
import { ok, warning, type Finding } from '../finding.js';
import type { Subject } from '../subject.js';

/** What NODE_ENV=production would refuse of this environment that is not told elsewhere already. */
export function productionFindings({ config, source, isProduction }: Subject, told: readonly Finding[]): Finding[] {
  const group = 'production';
  if (isProduction) {
    const found = config.faults.length === 0 ? 'all hold' : 'some do not: see above';
    return [
      config.faults.length === 0 ? { group, ...ok('rules', found) } : { group, name: 'rules', state: 'skipped', found },
    ];
  }
  const { faults, setup } = examine({ ...source, NODE_ENV: 'production' } satisfies Source);
  const isTold = (name: string, problem: string) =>
    told.some(
      (each) => each.name === name && each.state !== 'ok' && each.state !== 'skipped' && problem.startsWith(each.found),
    );
  const more = faults.filter(({ name, problem }) => !isTold(name, problem));
  const lines = more.map(
    ({ name, problem, mend }) => ({ group, ...warning(name, problem.replace(/\.$/, ''), mend) }) as const,
  );
  if (setup.mode === 'disabled')
    lines.push({
      group,
      ...warning(
        'texts',
        'no provider: it would start, and send nothing',
        'Set the credentials of a provider, such as TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and TWILIO_FROM_NUMBER.',
      ),
    });
  return lines.length > 0 ? lines : [{ group, ...ok('rules', 'nothing more: all hold') }];
}
