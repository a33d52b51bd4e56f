import { type Node, quoted, type Value } from './nodes.ts';

export function fishScript(nodes: readonly Node[]): string {
  return `${nodes.flatMap(linesOf).join('\n')}\n`;
}

function linesOf({ path, flags, commands, argument }: Node): string[] {
  const line = `complete -c darkslide -n ${quoted(condition(path, commands))}`;
  return [
    ...commands.map(({ name, description }) => `${line} -f -a ${name} -d ${quoted(description)}`),
    ...flags.map(
      ({ name, description, value }) => `${line} -l ${name.slice(2)}${after(value)} -d ${quoted(description)}`,
    ),
    ...(argument.kind === 'words' && commands.length === 0 ? [`${line}${after(argument)}`] : []),
  ];
}

/** Whether the command line is at this command, and not at one below it. */
function condition(path: readonly string[], commands: Node['commands']): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
  const below = commands.map(({ name }) => name).join(' ');
  return [...seen, ...(below ? [`not __fish_seen_subcommand_from ${below}`] : [])].join('; and ');
}

function after(value: Value | undefined): string {
  if (value?.kind === 'words') return ` -xa ${quoted(value.words.join(' '))}`;
  if (value?.kind === 'file') return ' -rF';
  return value ? ' -x' : '';
}
