import { readFileSync } from 'node:fs';

import { BEFORE, ELSEWHERE } from './elsewhere.js';
import type { Marks, Step } from './step.js';

const LANGUAGES = { sh: 'sh', bash: 'sh', console: 'console', js: 'js', javascript: 'js' } as const;
const COMMAND =
  /^\s*(?:\$ )?(?:\w+=\S+ )*(?:npm|npx|curl|node|docker|psql|pg_\w+|createdb|redis-cli|systemctl|service|openssl|aws|apt-get|git|sudo|install|kill|jq) [\w$'"./-]/m;

/** For whom adds a page; every fault ends with it. */
export const HOW_TO = `
  Fence commands as \`\`\`sh (run as they are) or as \`\`\`console (lines that begin with "$ " are run, the others are their output).
  What cannot be run in a test says why in the fence, as in \`\`\`sh norun: needs a Docker engine
  and is counted in test/docs/pages/not-run.json. docs/README.md has the whole convention.`;

/** @throws nothing: what cannot be read is a step of the kind `fault` */
export function stepsOf(page: string, markdown = readFileSync(page, 'utf8')): Step[] {
  const lines = markdown.split('\n');
  const steps: Step[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = at + 1;
    const fault = (text: string) => steps.push({ page, line, kind: 'fault', text });
    const fence = /^(\s*)(`{3,})\s*(\S*)\s*(.*)$/.exec(lines[at] ?? '');
    if (fence) {
      const [, indent = '', ticks = '', language = '', info = ''] = fence;
      const end = lines.findIndex((text, n) => n > at && text.trim() === ticks);
      const text = lines.slice(line, end).map((each) => each.slice(Math.min(indent.length, each.search(/\S|$/))));
      at = end;
      const block = `${text.join('\n')}\n`;
      const kind = LANGUAGES[language as keyof typeof LANGUAGES];
      const marks = marksOf(info);
      if (kind && typeof marks === 'string') fault(marks);
      else if (kind && typeof marks === 'object')
        steps.push(...hidden(page, line, block), { page, line, kind, text: block, marks });
      else if (!kind && ['', 'text', 'shell'].includes(language) && COMMAND.test(block))
        fault('a command in a block that says no language');
      continue;
    }
    if (lines[at]?.startsWith('<!-- test: ')) {
      const end = lines.findIndex((text, n) => n >= at && text.endsWith('-->'));
      const [, kind, rest = ''] = /^<!-- test: (\w+)\s*([^]*?)\s*-->$/.exec(lines.slice(at, end + 1).join('\n')) ?? [];
      at = end;
      const [, name = '', text = ''] = /^(\S+)\s+([^]+)$/.exec(rest) ?? [];
      if (kind === 'setup' || kind === 'program') steps.push({ page, line, kind, text: `${rest}\n` });
      else if (kind === 'let') steps.push({ page, line, kind, name, text });
      else fault(`"test: ${kind}" is none of setup, let, program`);
      continue;
    }
    if (/^( {4}|\t)/.test(lines[at] ?? '') && (at === 0 || lines[at - 1]?.trim() === '')) {
      const end = lines.findIndex((text, n) => n > at && text.trim() !== '' && !/^( {4}|\t)/.test(text));
      const text = lines.slice(at, end < 0 ? undefined : end).join('\n');
      at = (end < 0 ? lines.length : end) - 1;
      if (COMMAND.test(text) && !Object.keys(ELSEWHERE).some((first) => text.trim().startsWith(first)))
        fault(`a command in a block that is only indented: ${text.trim().split('\n')[0]}`);
    }
  }
  return steps;
}

function hidden(page: string, line: number, block: string): Step[] {
  const [, steps = []] =
    (page.includes('/') ? [] : Object.entries(BEFORE)).find(([first]) => block.startsWith(first)) ?? [];
  return steps.map((step) => ({ ...step, page, line }));
}

function marksOf(info: string): Marks | string {
  const [, before = '', norun] = /^(.*?)(?:norun:\s*(.*))?$/.exec(info) ?? [];
  if (norun === '') return '"norun:" without a reason';
  const marks = { exit: 0, sample: false, file: undefined as string | undefined };
  for (const word of before.split(/\s+/).filter(Boolean)) {
    const [name, value = ''] = word.split('=', 2);
    if (name === 'exit' && /^\d+$/.test(value)) marks.exit = Number(value);
    else if (name === 'file' && /^[\w.-]+$/.test(value)) marks.file = value;
    else if (word === 'sample') marks.sample = true;
    else return `"${word}" is none of norun: WHY, exit=N, sample, file=NAME`;
  }
  return { ...marks, ...(norun && { norun }) };
}

export interface Command {
  readonly text: string;
  /** As the page shows it; empty where it shows none. */
  readonly output: string;
}

/** The commands of a ```console block, each with what it shows. */
export function commandsOf(block: string): Command[] {
  const commands: { text: string; output: string }[] = [];
  let open: string | undefined;
  for (const line of block.split('\n')) {
    const last = commands.at(-1);
    if (open !== undefined && last) last.text += `${line}\n`;
    else if (/^\s*\$ /.test(line)) commands.push({ text: `${line.replace(/^\s*\$ /, '')}\n`, output: '' });
    else if (last) last.output += `${line}\n`;
    const heredoc = /<<-?'?(\w+)'?/.exec(line)?.[1];
    if (open && open !== '\\' && line.trim() === open) open = undefined;
    else if (open && open !== '\\') continue;
    else
      open = line.endsWith('\\') && (open || /^\s*\$ /.test(line)) ? '\\' : /^\s*\$ /.test(line) ? heredoc : undefined;
  }
  return commands.map(({ text, output }) => ({ text, output: output.trim() }));
}
