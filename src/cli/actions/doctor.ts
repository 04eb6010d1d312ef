import { diagnose, exitCodeOf, jsonOf, reportOf, wantsColours } from '../../doctor/index.js';
import { version } from '../../version.js';
import { linesOf, sendLive, type LiveOptions } from '../live.js';

interface Options extends LiveOptions {
  readonly json?: true;
  readonly strict?: true;
}

export async function run({ json, strict, live, ...options }: Options): Promise<void> {
  const diagnosis = await diagnose(version);
  const colours = wantsColours(process.stdout.isTTY === true, process.env);
  if (!json) await say(reportOf(diagnosis, colours));
  const sent = live === undefined ? undefined : await sendLive(live, options);
  if (json) await say(JSON.stringify({ ...jsonOf(diagnosis), ...(sent && { live: sent }) }, null, 2));
  else if (sent) await say(`\n${linesOf(sent).join('\n')}`);
  const failed = sent && !(sent.sent && sent.took);
  // Whoever hangs on the other side of a socket is not waited for.
  process.exit(failed ? 1 : exitCodeOf(diagnosis, strict === true));
}

const say = (text: string) => new Promise<void>((resolve) => process.stdout.write(`${text}\n`, () => resolve()));
