import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

import type { Command } from 'commander';

import { EXAMPLES, typed } from '../../src/cli/examples.js';
import { completionScript, type Shell } from '../../src/cli/completion/scripts.js';
import { branchesOf } from '../../src/cli/completion/tree.js';
import { buildProgram } from '../../src/cli/program.js';
import { cli } from '../setup/cli.js';
import { cleanUp, tempFolder } from '../setup/process.js';

jest.setTimeout(240_000);
afterEach(cleanUp);

const branches = branchesOf(buildProgram());
const PAGE = readFileSync(resolve(__dirname, '../../docs/cli.md'), 'utf8');
const find = (path: string): Command =>
  path
    .split(' ')
    .filter(Boolean)
    .reduce((at, name) => at.commands.find((each) => each.name() === name)!, buildProgram());
const isThere = (name: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, name)));

describe('every command', () => {
  it.each(branches.map(({ path }) => path))('"%s" has examples in its help, which it takes', (path) => {
    let help = '';
    const command = find(path).configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    expect(help).toMatch(/\nExamples:\n {2}\$ /);
    for (const example of EXAMPLES[path]!) expect(typed(example)).toContain(path);
  });

  it('of the examples is there', () => {
    expect(Object.keys(EXAMPLES).sort()).toEqual(branches.map(({ path }) => path).sort());
  });

  it('answers programs, too', () => {
    const silent = branches.filter(({ path, commands, options }) => {
      const isGroup = commands.length > 0 && !['secret', 'senders'].includes(path);
      return !isGroup && !options.some(({ name }) => name === '--json');
    });
    // The one is JSON already, the other is a script.
    expect(silent.map(({ path }) => path)).toEqual(['export', 'completion']);
  });

  it('stands in docs/cli.md, and nothing else does', () => {
    const told = [...PAGE.matchAll(/^#{3,4} `([a-z -]+)`$/gm)].map(([, path]) => path);
    expect(told.sort()).toEqual(
      branches
        .map(({ path }) => path)
        .filter(Boolean)
        .sort(),
    );
    for (const { path } of branches.filter(({ path, commands }) => path && commands.length === 0)) {
      const [, section = ''] = PAGE.split(`# \`${path}\`\n`);
      expect(section.split(/^#{2,4} /m)[0]).toContain(`$ ${typed(EXAMPLES[path]![0]!)}`);
    }
  });
});

describe('what was typed', () => {
  it.each<[string, string[], number, RegExp]>([
    ['an unknown command', ['kyes'], 64, /unknown command 'kyes'\n\(Did you mean keys\?\)/],
    [
      'an unknown option',
      ['limits', 'show', '+14155552671', '--jsno'],
      64,
      /unknown option '--jsno'\n\(Did you mean --json\?\)/,
    ],
    ['no argument', ['verify', 'start'], 64, /missing required argument 'phone'/],
    ['a program that is nowhere', ['providers', 'list'], 64, /Only a running program knows\.\nName it by --url/],
    ['no key for it', ['messages', 'show', 'x', '--url', 'http://127.0.0.1:1'], 64, /--url needs a key\./],
    [
      'a file that is not there',
      ['messages', 'show', 'x', '--url', 'http://127.0.0.1:1', '--key-file', '/nowhere'],
      64,
      /--key-file: \/nowhere cannot be read\./,
    ],
    [
      'a program that is away',
      ['messages', 'show', 'x', '--url', 'http://127.0.0.1:2', '--key', 'k'],
      69,
      /Nobody answers at http:\/\/127\.0\.0\.1:2: ECONNREFUSED\./,
    ],
  ])('%s is told of without a stack', async (_, args, expected, said) => {
    const { code, stdout, stderr } = await cli(args);
    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(said);
    expect(stderr).not.toMatch(/\n +at |node_modules/);
  });

  it('is no fault when it asks', async () => {
    expect(await cli(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
    const help = await cli(['limits', '--help']);
    expect([help.code, help.stderr]).toEqual([0, '']);
  });
});

describe('completion', () => {
  const scriptOf = (shell: Shell) => {
    const file = join(tempFolder(), `completion.${shell}`);
    writeFileSync(file, completionScript(shell, 'sixdigit', branches));
    return file;
  };
  const TYPED = [['ke'], ['keys', ''], ['keys', 'create', '--n'], ['templates', 'show', 'verification', 'en', '--v']];
  const FOUND = ['keys', 'create list revoke', '--name', '--variant'];
  const words = (typedWords: readonly string[]) => typedWords.map((word) => `'${word}'`).join(' ');
  const run = (shell: string, args: readonly string[], script: string) => {
    const { status, stdout, stderr } = spawnSync(shell, [...args, '-c', script], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: tempFolder() },
    });
    expect([status, stderr]).toEqual([0, '']);
    return stdout.trim().split('\n');
  };

  it('is sourced by bash', () => {
    const ask = `t() { COMP_WORDS=(sixdigit "$@"); COMP_CWORD=$#; _sixdigit; echo "\${COMPREPLY[*]}"; }`;
    const calls = TYPED.map((each) => `t ${words(each)}`).join('\n');
    expect(
      run(
        'bash',
        ['--norc'],
        `source ${scriptOf('bash')}; complete -p sixdigit >/dev/null || exit 1\n${ask}\n${calls}`,
      ),
    ).toEqual(FOUND);
  });

  (isThere('zsh') ? it : it.skip)('is sourced by zsh', () => {
    const shim = 'compadd() { shift; echo "${(P)1}"; }';
    const ask = 't() { words=(sixdigit "$@"); CURRENT=$(( $# + 1 )); _sixdigit; }';
    const calls = TYPED.slice(1, 2)
      .map((each) => `t ${words(each)}`)
      .join('\n');
    const script = `autoload -U compinit; compinit -u -D; source ${scriptOf('zsh')}\n${shim}\n${ask}\n${calls}`;
    expect(run('zsh', ['-f'], script)).toEqual(['create list revoke']);
  });

  (isThere('fish') ? it : it.skip)('is sourced by fish, which says what each is about', () => {
    const asked = TYPED.map((each) => `complete -C "sixdigit ${each.join(' ')}"`).join('; ');
    const lines = run('fish', ['--no-config'], `source ${scriptOf('fish')}; ${asked}`);
    expect(lines.map((line) => line.split('\t')[0])).toEqual([
      'keys',
      'create',
      'list',
      'revoke',
      '--name',
      '--variant',
    ]);
    expect(lines[1]).toBe('create\tmake a key and show it, once');
  });
});
