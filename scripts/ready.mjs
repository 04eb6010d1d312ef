// ready.mjs [pages] [build] [start]: makes a checkout ready to run. Installs from the lockfile, generates Prisma's client, builds,
// and starts the program here. Does only what changed since the last time, so a second start costs nothing. Builtins only: at first nothing else is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (path) => join(root, path);

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  console.error(`Node ${process.versions.node} is too old: install Node 20.19 or newer, https://nodejs.org.`);
  process.exit(1);
}

/** @param {string[]} paths files by content, folders by the names, sizes and times of all that is in them */
function stateOf(paths) {
  const hash = createHash('sha256');
  for (const path of paths) {
    if (!statSync(at(path)).isDirectory()) hash.update(readFileSync(at(path)));
    else {
      for (const name of readdirSync(at(path), { recursive: true }).sort()) {
        const { size, mtimeMs } = statSync(join(at(path), name));
        hash.update(`${name}\0${size}\0${mtimeMs}\0`);
      }
    }
  }
  return hash.digest('hex');
}

/** Runs `args` unless `inputs` are as they were and `output` is there. */
function step(name, { inputs, output, stamp, command, args }) {
  const state = stateOf(inputs);
  if (existsSync(at(output)) && existsSync(at(stamp)) && readFileSync(at(stamp), 'utf8') === state) return;
  console.error(`${name} ...`);
  const started = performance.now();
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
  mkdirSync(dirname(at(stamp)), { recursive: true });
  writeFileSync(at(stamp), state);
  console.error(`${name}: ${((performance.now() - started) / 1_000).toFixed(1)} s`);
}

checkNode();
// The npm that runs us, whatever its version; without one (plain `node scripts/ready.mjs`) the one on the path.
const npm = process.env.npm_execpath ? [process.execPath, [process.env.npm_execpath]] : ['npm', []];
step('Installing from the lockfile', {
  inputs: ['package-lock.json'],
  output: 'node_modules/.package-lock.json',
  stamp: 'node_modules/.cache/sixdigit/installed',
  command: npm[0],
  args: [...npm[1], 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
});
step("Generating Prisma's client", {
  inputs: ['prisma/schema.prisma'],
  output: 'src/generated/prisma/client.ts',
  stamp: 'node_modules/.cache/sixdigit/generated',
  command: process.execPath,
  args: ['node_modules/prisma/build/index.js', 'generate', '--no-hints'],
});
if (process.argv.includes('pages') || process.argv.includes('build')) {
  step('Building the pages', {
    inputs: ['src/pages/web', 'package-lock.json'],
    output: 'dist-pages/assets',
    stamp: 'dist-pages/.built',
    command: process.execPath,
    args: ['node_modules/vite/bin/vite.js', 'build', 'src/pages/web', '--logLevel=warn'],
  });
}
if (process.argv.includes('build')) {
  step('Building', {
    inputs: ['src', 'package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', '.swcrc'],
    output: 'dist/main.js',
    stamp: 'dist/.built',
    command: process.execPath,
    args: ['node_modules/@nestjs/cli/bin/nest.js', 'build'],
  });
}
if (process.argv.includes('start')) {
  // npm passes a signal on to its shell, and the shell to nobody: when it is gone, we go.
  const shell = process.ppid;
  setInterval(() => process.ppid !== shell && process.kill(process.pid, 'SIGTERM'), 500).unref();
  await import('../dist/main.js');
}
