import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { commandsOf } from './blocks.js';
import type { Step } from './step.js';
import { difference, learned } from './shape.js';
import { type Server, World } from './world.js';

/** Runs what a page says, in its order. @returns what did not do as the page says, with its line */
export async function play(server: Server, steps: readonly Step[]): Promise<string[]> {
  const run = steps.filter((step) => !('marks' in step) || !step.marks.norun);
  const said = run.flatMap((step) => (step.kind === 'program' ? step.text.trim().split(/\s+/) : []));
  const env = Object.fromEntries(said.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s, 2)));
  const listens = run.some(({ text }) => /\bcurl\b|\bfetch\(|:3000|\$URL|https:\/\/verify\.example\.com/.test(text));
  const world = await World.open(server, { env, fakes: said.includes('fakes'), listens });
  try {
    return await new Player(world).all(run);
  } finally {
    await world.close();
  }
}

class Player {
  private readonly faults: string[] = [];
  /** What a page calls something, and what it is here. */
  private readonly names = new Map<string, string>();
  private scripts = 0;

  constructor(private readonly world: World) {}

  async all(steps: readonly Step[]): Promise<string[]> {
    for (const step of steps) {
      if (step.kind === 'let') await this.learn(step.name, step.text, step);
      if (step.kind === 'setup') await this.script(step, step.text, 0);
      if (step.kind === 'js') await this.javascript(step);
      if (step.kind === 'console') await this.console(step);
      if (step.kind === 'sh') await this.sh(step);
    }
    return this.faults;
  }

  private async learn(name: string, text: string, step: Step): Promise<void> {
    const { stdout, stderr, exit } = await this.world.shell.run(`${this.here(text)}\n`);
    if (exit !== 0 || !stdout.trim()) this.fault(step, text, `gave nothing for ${name}: ${stderr}`);
    this.names.set(name, stdout.trim());
  }

  private async sh(step: Step & { kind: 'sh' }): Promise<void> {
    if (step.marks.file) writeFileSync(join(this.world.shell.folder, step.marks.file), this.here(step.text));
    else await this.script(step, step.text, step.marks.exit);
  }

  private async script(step: Step, text: string, wanted: number): Promise<void> {
    const { exit, stdout, stderr, failed } = await this.world.shell.run(this.here(text));
    const fails = wanted === 0 ? exit !== 0 || failed !== '' : exit !== wanted;
    if (fails) this.fault(step, text, `ended with ${exit}${failed && ` at ${failed}`}\n${stdout}${stderr}`);
  }

  private async console(step: Step & { kind: 'console' }): Promise<void> {
    for (const { text, output } of commandsOf(step.text)) {
      const { exit, stdout: real } = await this.world.shell.run(this.here(text), true);
      if (exit !== step.marks.exit) this.fault(step, text, `ended with ${exit}\n${real}`);
      if (!output) continue;
      const differs = step.marks.sample ? undefined : difference(this.here(output), real);
      if (differs) this.fault(step, text, differs);
      learned(output, real).forEach((here, shown) => this.names.set(shown, here));
    }
  }

  private async javascript({ text, marks, ...step }: Step & { kind: 'js' }): Promise<void> {
    const given = [...this.names].filter(([name]) => /^[a-z]\w*$/.test(name));
    const known = given.map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`).join('');
    const file = marks.file ?? `.script-${++this.scripts}.mjs`;
    writeFileSync(join(this.world.shell.folder, file), (marks.file ? '' : known) + this.world.here(text));
    if (!marks.file) await this.script({ ...step, kind: 'js', text, marks }, `node ${file}\n`, marks.exit);
  }

  private here(text: string): string {
    const longestFirst = [...this.names].sort(([one], [other]) => other.length - one.length);
    const named = longestFirst.reduce(
      (whole, [name, value]) =>
        whole.replace(new RegExp(`(?<![\\w$])${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?!\\w)`, 'g'), () => value),
      text,
    );
    return this.world.here(named);
  }

  private fault({ page, line }: Step, text: string, what: string): void {
    this.faults.push(`${page}:${line}: ${text.trim()}\n  ${what.trim()}`);
  }
}
