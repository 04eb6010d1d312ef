import { readFileSync } from 'node:fs';

interface Locked {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly license?: string;
  readonly devOptional?: boolean;
  readonly os?: readonly string[];
}
interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly overrides: Readonly<Record<string, string>>;
}

const read = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;
const manifest = read<Manifest>('package.json');
const { packages } = read<{ packages: Readonly<Record<string, Locked>> }>('package-lock.json');
const locked = Object.entries(packages).filter(([path]) => path !== '');

describe('the packages that this is built from', () => {
  it('are pinned, each by its hash', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path)).toEqual([]);
  });

  it('come from the registry of npm, never from an address, a folder or a repository', () => {
    const elsewhere = locked.filter(
      ([, { resolved }]) => resolved && !resolved.startsWith('https://registry.npmjs.org/'),
    );
    expect(elsewhere.map(([path]) => path)).toEqual([]);
  });

  it('are asked for by exact versions', () => {
    const asked = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.overrides };
    expect(Object.entries(asked).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('run nothing when they are installed', () => {
    expect(readFileSync('.npmrc', 'utf8')).toMatch(/^ignore-scripts=true$/m);
  });

  it('lose nothing that runs by scripts/production.mjs: no binary of a platform, and nothing that src/ names', () => {
    const gone = locked.filter(([, { devOptional }]) => devOptional);
    expect(gone.map(([path]) => path)).toContain('node_modules/prisma');
    expect(gone.filter(([, { os }]) => os)).toEqual([]);
    const asked = new Set(Object.keys(manifest.dependencies).map((name) => `node_modules/${name}`));
    expect(gone.filter(([path]) => asked.has(path))).toEqual([]);
  });
});
