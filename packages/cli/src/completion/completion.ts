import { Argument, Command } from 'commander';
import type { Context, Finish } from '../base/context.ts';
import { EXIT } from '../base/exit-codes.ts';

const SHELLS = { bash, zsh, fish };

const EXAMPLES = `
Examples:
  darkslide completion bash > ~/.local/share/bash-completion/completions/darkslide
  darkslide completion zsh > ~/.zsh/completions/_darkslide     (a folder of $fpath, before compinit)
  darkslide completion fish > ~/.config/fish/completions/darkslide.fish`;

/** Prints a script that completes commands and options; it is made from the commands themselves. */
export function completionCommand({ stdout }: Context, finish: Finish): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText('after', EXAMPLES)
    .action((shell: keyof typeof SHELLS, _: unknown, command: Command) => {
      stdout.write(SHELLS[shell](commandsOf(command.parent as Command)));
      finish(EXIT.done);
    });
}

/** What can follow: one of these words, a file, or something that nobody can guess. */
type Value = { kind: 'words'; words: readonly string[] } | { kind: 'file' } | { kind: 'free' };

type Flag = { name: string; description: string; value: Value | undefined };

type Words = { name: string; description: string; flags: Flag[]; argument: Value };

const FILE: Value = { kind: 'file' };
const HELP: Flag = { name: '--help', description: 'display help for command', value: undefined };

function commandsOf(program: Command): Words[] {
  return program.commands.map((command) => {
    const flags = command.options.map(({ long, flags, required, optional, argChoices, description }) => {
      const value = required || optional ? afterFlag(argChoices, flags) : undefined;
      return { name: long ?? '', description, value };
    });
    const choices = command.registeredArguments[0]?.argChoices;
    const argument: Value = choices ? { kind: 'words', words: choices } : FILE;
    return { name: command.name(), description: command.description(), flags: [...flags, HELP], argument };
  });
}

function afterFlag(choices: readonly string[] | undefined, flags: string): Value {
  if (choices) return { kind: 'words', words: choices };
  return flags.includes('<file>') ? FILE : { kind: 'free' };
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

/** Where it offers nothing, Bash completes files itself: it knows how to write their names. */
function bash(commands: Words[]): string {
  const values = commands.flatMap(({ name, flags }) =>
    flags.flatMap(({ name: flag, value }) => {
      if (value?.kind === 'words')
        return [`    '${name} ${flag}') _darkslide_words ${quoted(value.words.join(' '))} ;;`];
      return value ? [`    '${name} ${flag}') ;;`] : [];
    }),
  );
  const rest = commands.map(({ name, flags, argument }) => {
    const words = flags.map((flag) => flag.name).join(' ');
    const others = argument.kind === 'words' ? quoted(argument.words.join(' ')) : "''";
    return `        ${name}) _darkslide_words "$([[ $word == -* ]] && echo ${quoted(words)} || echo ${others})" ;;`;
  });
  return `_darkslide_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }

_darkslide() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    _darkslide_words ${quoted(commands.map(({ name }) => name).join(' '))}
    return
  fi
  case "\${COMP_WORDS[1]} \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
    *)
      case "\${COMP_WORDS[1]}" in
${rest.join('\n')}
      esac
      ;;
  esac
}

complete -o bashdefault -o default -F _darkslide darkslide
`;
}

function zsh(commands: Words[]): string {
  const plain = (text: string) => text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`);
  const after = (value: Value | undefined) => {
    switch (value?.kind) {
      case 'words':
        return `:value:(${value.words.join(' ')})`;
      case 'file':
        return ':file:_files';
      case 'free':
        return ':value:';
      default:
        return '';
    }
  };
  const names = commands.map(({ name, description }) => quoted(`${name}:${plain(description)}`));
  const cases = commands.map(({ name, flags, argument }) => {
    const specs = flags.map((flag) => quoted(`${flag.name}[${plain(flag.description)}]${after(flag.value)}`));
    return `    ${name}) _arguments ${[...specs, quoted(`*${after(argument)}`)].join(' ')} ;;`;
  });
  return `#compdef darkslide

_darkslide() {
  if (( CURRENT == 2 )); then
    local -a commands=(${names.join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}

# Loaded by the completion system itself, or read by a shell that starts.
if [[ $funcstack[1] == _darkslide ]]; then _darkslide "$@"; else compdef _darkslide darkslide; fi
`;
}

function fish(commands: Words[]): string {
  const after = (value: Value | undefined) => {
    if (value?.kind === 'words') return ` -xa ${quoted(value.words.join(' '))}`;
    if (value?.kind === 'file') return ' -rF';
    return value ? ' -x' : '';
  };
  const lines = commands.flatMap(({ name, description, flags, argument }) => {
    const seen = `complete -c darkslide -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c darkslide -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
      ...flags.map((flag) => `${seen} -l ${flag.name.slice(2)}${after(flag.value)} -d ${quoted(flag.description)}`),
      ...(argument.kind === 'words' ? [`${seen}${after(argument)}`] : []),
    ];
  });
  return `${lines.join('\n')}\n`;
}
