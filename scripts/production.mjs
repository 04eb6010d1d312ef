// production.mjs: takes out of node_modules, after `npm ci --omit=dev`, what runs nothing here. npm keeps the optional peers of packages
// that stay (of Prisma's client: its command line, TypeScript, React), which were half of all bytes. The lockfile marks them.
import { readFileSync, rmSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const extra = Object.keys(packages).filter((path) => packages[path].devOptional);
for (const path of extra) rmSync(path, { recursive: true, force: true });
console.error(`${extra.length} packages that only an optional peer asks for are gone.`);
