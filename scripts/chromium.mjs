// Installs Debian's Chromium where it is missing, for the suites in test/browser. As root, or by sudo without a password.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
if (existsSync(CHROMIUM)) process.exit(0);

const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive'];
function run(...command) {
  const [program, ...args] = [...asRoot, ...command];
  const { status, error } = spawnSync(program, args, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  if (status === 0) return;
  console.error(
    `${command.join(' ')}: ${error?.message ?? `ended with ${status}`}. Install Chromium yourself, or name yours in CHROMIUM.`,
  );
  process.exit(1);
}

console.error(`No Chromium at ${CHROMIUM}: installing Debian's ...`);
// Another apt may be at work: it is waited for.
const apt = ['apt-get', '-q', '-o', 'DPkg::Lock::Timeout=300'];
run(...apt, 'update');
run(...apt, 'install', '-y', '--no-install-recommends', 'chromium');
