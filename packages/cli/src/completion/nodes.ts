import type { Command } from 'commander';

/** What may follow: one of these words, a file, or free text. */
export type Value = { kind: 'words'; words: readonly string[] } | { kind: 'file' } | { kind: 'free' };

type Flag = { name: string; description: string; value: Value | undefined };

/** The program or one of its commands, as a completion script needs it. */
export type Node = {
  /** The words after the program's name: none for the program itself, two for `keys create`. */
  path: readonly string[];
  description: string;
  flags: readonly Flag[];
  /** Commands below this one. */
  commands: readonly { name: string; description: string }[];
  argument: Value;
};

const FILE: Value = { kind: 'file' };
const HELP: Flag = { name: '--help', description: 'display help for command', value: undefined };

/** The program, its commands, and theirs. */
export function nodesOf(command: Command, path: readonly string[] = []): Node[] {
  const commands = command.commands.map((each) => ({ name: each.name(), description: each.description() }));
  const node: Node = {
    path,
    description: command.description(),
    flags: [...command.options.map(flagOf), HELP],
    commands,
    argument: argumentOf(command),
  };
  return [node, ...command.commands.flatMap((each) => nodesOf(each, [...path, each.name()]))];
}

function flagOf({ long, flags, required, optional, argChoices, description }: Command['options'][number]): Flag {
  const takesValue = required || optional;
  return { name: long ?? '', description, value: takesValue ? valueAfter(argChoices, flags) : undefined };
}

function valueAfter(choices: readonly string[] | undefined, flags: string): Value {
  if (choices) return { kind: 'words', words: choices };
  return flags.includes('<file>') ? FILE : { kind: 'free' };
}

function argumentOf({ commands, registeredArguments }: Command): Value {
  if (commands.length > 0) return { kind: 'words', words: commands.map((command) => command.name()) };
  const choices = registeredArguments[0]?.argChoices;
  return choices ? { kind: 'words', words: choices } : FILE;
}

/** Text in single quotes, as all three shells read it. */
export const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
