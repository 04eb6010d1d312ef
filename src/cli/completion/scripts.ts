import type { Branch } from './tree.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** In single quotes, as all three shells read them. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
const words = (names: readonly { readonly name: string }[]) => names.map(({ name }) => name).join(' ');
const cases = (branches: readonly Branch[], of: (branch: Branch) => string) =>
  branches.map((branch) => `    ${quoted(branch.path)}) echo ${quoted(of(branch))} ;;`).join('\n');

/** Where one is among the commands, by the words before the one that is typed: what is no command there is an argument. */
const tables = (name: string, branches: readonly Branch[]) => `
_${name}_commands() {
  case "$1" in
${cases(branches, ({ commands }) => words(commands))}
  esac
}
_${name}_options() {
  case "$1" in
${cases(branches, ({ options }) => words(options))}
  esac
}
_${name}_path() {
  local at='' word
  for word in "$@"; do
    case " $(_${name}_commands "$at") " in
      *" $word "*) at="\${at:+$at }$word" ;;
    esac
  done
  echo "$at"
}`;

const bash = (
  name: string,
  branches: readonly Branch[],
) => `# bash completion of ${name}: source <(${name} completion bash)
${tables(name, branches)}
_${name}() {
  local current="\${COMP_WORDS[COMP_CWORD]}" at
  at="$(_${name}_path "\${COMP_WORDS[@]:1:COMP_CWORD-1}")"
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$(_${name}_options "$at")" -- "$current"))
  else
    COMPREPLY=($(compgen -W "$(_${name}_commands "$at")" -- "$current"))
  fi
}
complete -o default -F _${name} ${name}
`;

const zsh = (name: string, branches: readonly Branch[]) => `#compdef ${name}
# zsh completion of ${name}: source <(${name} completion zsh), after compinit
${tables(name, branches)}
_${name}() {
  local at
  at="$(_${name}_path "\${(@)words[2,CURRENT-1]}")"
  local -a found
  if [[ "\${words[CURRENT]}" == -* ]]; then
    found=(\${=$(_${name}_options "$at")})
  else
    found=(\${=$(_${name}_commands "$at")})
  fi
  if (( \${#found} )); then compadd -a found; else _files; fi
}
compdef _${name} ${name}
`;

/** fish shows what each is about. */
function fish(name: string, branches: readonly Branch[]): string {
  const lines = branches.flatMap(({ path, commands, options }) => {
    const here = `complete -c ${name} -n ${quoted(`__${name}_at ${path === '' ? '' : quoted(path).replaceAll("'", '"')}`.trim())}`;
    return [
      ...commands.map((each) => `${here} -f -a ${quoted(each.name)} -d ${fishQuoted(each.about)}`),
      ...options.map((each) => `${here} -l ${quoted(each.name.replace(/^--/, ''))} -d ${fishQuoted(each.about)}`),
    ];
  });
  const table = branches
    .map(({ path, commands }) => `    case ${quoted(path)}\n      echo ${quoted(words(commands))}`)
    .join('\n');
  return `# fish completion of ${name}: ${name} completion fish | source
function __${name}_commands
  switch "$argv[1]"
${table}
  end
end
function __${name}_at
  set -l at ''
  for word in (commandline -opc)[2..]
    if contains -- $word (string split ' ' -- (__${name}_commands "$at"))
      set at (string trim -- "$at $word")
    end
  end
  test "$at" = "$argv[1]"
end
${lines.join('\n')}
`;
}

const fishQuoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** What a shell sources, for a program of that name. */
export const completionScript = (shell: Shell, name: string, branches: readonly Branch[]): string =>
  ({ bash, zsh, fish })[shell](name, branches);
