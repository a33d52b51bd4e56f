import { Argument, Command } from 'commander';
import type { Context } from './context.ts';
import { EXIT } from './exit-codes.ts';
import type { Finish } from './program.ts';

const SHELLS = { bash, zsh, fish };

/** Prints a script that completes commands and options; it is made from the commands themselves. */
export function completionCommand({ stdout }: Context, finish: Finish): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      '\nExample:\n  darkslide completion bash > ~/.local/share/bash-completion/completions/darkslide',
    )
    .action((shell: keyof typeof SHELLS, _: unknown, command: Command) => {
      stdout.write(SHELLS[shell](wordsOf(command.parent as Command)));
      finish(EXIT.done);
    });
}

type Words = { command: string; description: string; options: { flag: string; description: string }[] };

function wordsOf(program: Command): Words[] {
  return program.commands.map((command) => ({
    command: command.name(),
    description: command.description(),
    options: command.options.map(({ long, short, description }) => ({ flag: long ?? short ?? '', description })),
  }));
}

const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;

function bash(words: Words[]): string {
  const cases = words.map(({ command, options }) => `    ${command}) words=${quoted(flags(options))} ;;`);
  return `_darkslide() {
  local word="\${COMP_WORDS[COMP_CWORD]}" words
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted(words.map(({ command }) => command).join(' '))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
  if [[ "$word" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$word")); else COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _darkslide darkslide
`;
}

const flags = (options: Words['options']) => options.map(({ flag }) => flag).join(' ');

function zsh(words: Words[]): string {
  const colon = (text: string) => text.replaceAll(':', '\\:').replaceAll('[', '\\[').replaceAll(']', '\\]');
  const commands = words.map(({ command, description }) => quoted(`${command}:${colon(description)}`));
  const cases = words.map(({ command, options }) => {
    const specs = options.map(({ flag, description }) => quoted(`${flag}[${colon(description)}]`));
    return `    ${command}) _arguments ${[...specs, "'*:file:_files'"].join(' ')} ;;`;
  });
  return `#compdef darkslide
_darkslide() {
  if (( CURRENT == 2 )); then
    local -a commands=(${commands.join(' ')})
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words; (( CURRENT-- ))
  case $command in
${cases.join('\n')}
  esac
}
_darkslide "$@"
`;
}

function fish(words: Words[]): string {
  const lines = words.flatMap(({ command, description, options }) => [
    `complete -c darkslide -n __fish_use_subcommand -a ${command} -d ${quoted(description)}`,
    ...options
      .filter(({ flag }) => flag.startsWith('--'))
      .map(
        ({ flag, description: about }) =>
          `complete -c darkslide -n '__fish_seen_subcommand_from ${command}' -l ${flag.slice(2)} -d ${quoted(about)}`,
      ),
  ]);
  return `${lines.join('\n')}\n`;
}
