// Installs Debian packages that some tests need, if a command of theirs is missing: node scripts/debian.mjs COMMAND PACKAGE...
// Says what is missing, and fails, where it may not: not Debian, or not root.
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const [command, ...packages] = process.argv.slice(2);
if (!command || packages.length === 0) {
  console.error('Usage: node scripts/debian.mjs COMMAND PACKAGE...');
  process.exit(64);
}

function find(name) {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/sbin']) {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return join(folder, name);
    } catch {
      // not there
    }
  }
  return undefined;
}

function run(...words) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(words[0], words.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}

/** Tests start what they need themselves: nothing that a package brings is to run as a service here. */
function stopServices() {
  if (!find('systemctl')) return;
  for (const name of packages) spawnSync('systemctl', ['disable', '--now', name], { stdio: 'ignore' });
}

if (!find(command)) {
  const wanted = packages.join(' ');
  if (!find('apt-get') || process.getuid?.() !== 0) {
    console.error(`${command} is missing. As root on Debian: apt-get install -y --no-install-recommends ${wanted}`);
    process.exit(1);
  }
  console.error(`Installing ${wanted} ...`);
  const install = ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', ...packages];
  if (!run(...install) && !(run('apt-get', 'update', '-qq') && run(...install))) {
    console.error(`apt-get could not install ${wanted}.`);
    process.exit(1);
  }
  stopServices();
}
console.log(find(command) ?? '');
process.exit(find(command) ? 0 : 1);
