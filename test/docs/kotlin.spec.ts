import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { find, onInstalled } from '../ops/installed.js';
import { startApp } from '../setup/app.js';
import { cleanUp, tempFolder } from '../setup/process.js';
import { runToEnd } from './pages/run.js';

jest.setTimeout(400_000);

/** Android's own, as Debian has it. */
const ORG_JSON = '/usr/share/java/com.android.json.jar';
const MAIN = `
fun main(args: Array<String>) {
    val login = PhoneLogin(args[0])
    val started = login.start("+14155552671", "en")
    try { login.verify(started.getString("id"), if (started.getString("testCode") == "000000") "000001" else "000000") }
    catch (refused: Refused) { println(refused.code) }
    val tokens = login.verify(started.getString("id"), started.getString("testCode"))
    println(login.refresh(tokens.getString("refreshToken")).has("accessToken"))
}
`;

(existsSync(ORG_JSON) ? onInstalled('kotlinc') : describe.skip)('the Kotlin example of docs/examples.md', () => {
  it('compiles, logs in, is told what was wrong, and refreshes', async () => {
    const folder = tempFolder();
    const [, example = ''] = /```kotlin\n([^]*?)```/.exec(readFileSync('docs/examples.md', 'utf8')) ?? [];
    writeFileSync(join(folder, 'Login.kt'), example + MAIN);
    const made = spawnSync(find('kotlinc')!, ['Login.kt', '-cp', ORG_JSON, '-include-runtime', '-d', 'login.jar'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect([made.status, made.stderr.replace(/^(warning|OpenJDK).*$/gm, '').match(/error:.*/g)]).toEqual([0, null]);
    const app = await startApp({ SMS_SIMULATION_MODE: 'true' });
    const { stdout, stderr } = await runToEnd('java', ['-cp', `login.jar:${ORG_JSON}`, 'LoginKt', app.url], folder);
    expect([stdout, stderr]).toEqual(['CODE_INCORRECT\ntrue\n', '']);
    await app.close();
    await cleanUp();
  });
});
