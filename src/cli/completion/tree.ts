import type { Command } from 'commander';

/** A command with what may come after it. */
export interface Branch {
  /** From the program's name on: `keys create`; empty for the program itself. */
  readonly path: string;
  readonly about: string;
  readonly commands: readonly { readonly name: string; readonly about: string }[];
  /** Long ones, with their dashes. */
  readonly options: readonly { readonly name: string; readonly about: string }[];
}

/** Every command of a program, itself first. */
export function branchesOf(command: Command, path = ''): Branch[] {
  const help = { name: '--help', about: 'display help for command' };
  const own = {
    path,
    about: command.description(),
    commands: command.commands.map((each) => ({ name: each.name(), about: each.description() })),
    options: [...command.options.map(({ long, description }) => ({ name: long ?? '', about: description })), help],
  };
  return [own, ...command.commands.flatMap((each) => branchesOf(each, path ? `${path} ${each.name()}` : each.name()))];
}
