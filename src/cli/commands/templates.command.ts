import { InvalidArgumentError, type Command } from 'commander';

import { actionsIn } from '../actions-in.js';

const action = actionsIn(() => import('../actions/templates.js'));

export function templatesCommand(program: Command): void {
  const templates = program
    .command('templates')
    .description('what texts say, in which language, and what that costs: docs/templates.md');
  templates
    .command('list')
    .description('every text that would be sent now')
    .option('--json', 'for programs')
    .action(action('list'));
  templates
    .command('show <name> <locale>')
    .description('one text and its versions')
    .option('--variant <variant>', 'of the wording')
    .option('--json', 'for programs')
    .action(action('show'));
  templates
    .command('lint [name]')
    .description('encoding, segments and price of every text; fails where one is wrong, or longer than it need be')
    .option('--files', 'files only: no database is opened')
    .option('--json', 'for programs')
    .action(action('lintAll'));
  templates
    .command('put <name> <locale> <file>')
    .description('send what is in the file (- for standard input) from now on, as a new version')
    .option('--variant <variant>', 'of the wording')
    .option('--json', 'for programs')
    .action(action('put'));
  templates
    .command('rollback <name> <locale> <version>')
    .description('send again what a version said, as a new version')
    .option('--variant <variant>', 'of the wording')
    .option('--json', 'for programs')
    .action(action('rollback'));
  templates
    .command('delete <name> <locale>')
    .description('send the text of the file again')
    .option('--variant <variant>', 'of the wording')
    .option('--json', 'for programs')
    .action(action('remove'));
  templates
    .command('preview <name> [locale]')
    .description('a text with sample values, and what it costs')
    .option('--variant <variant>', 'of the wording')
    .option('--country <country>', 'of the phone, two letters')
    .option('--var <name=value>', 'a variable; once for each', variables, {})
    .option('--file <file>', 'a text that is no template yet')
    .option('--json', 'for programs')
    .action(action('preview'));
}

function variables(text: string, before: Record<string, string>): Record<string, string> {
  const [, name, value] = /^([A-Za-z0-9]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('Write name=value, such as brand=Acme.');
  return { ...before, [name]: value };
}
