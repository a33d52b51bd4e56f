import { type Node, quoted, type Value } from './nodes.ts';

export function zshScript(nodes: readonly Node[]): string {
  const commands = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(join(path)));
  const cases = nodes.map((node) => `    ${quoted(join(node.path))}) ${completions(node)} ;;`);
  return `#compdef darkslide

_darkslide() {
  local command=''
  while (( CURRENT > 2 )); do
    case "$command $words[2]" in
      ${commands.join('|')}) command+=" $words[2]"; shift words; (( CURRENT-- )) ;;
      *) break ;;
    esac
  done
  local -a commands
  case $command in
${cases.join('\n')}
  esac
}

# Loaded by the completion system itself, or read by a shell that starts.
if [[ $funcstack[1] == _darkslide ]]; then _darkslide "$@"; else compdef _darkslide darkslide; fi
`;
}

function completions({ flags, commands, argument }: Node): string {
  const specs = flags.map(({ name, description, value }) => quoted(`${name}[${escaped(description)}]${after(value)}`));
  if (commands.length === 0) return `_arguments ${[...specs, quoted(`*${after(argument)}`)].join(' ')}`;
  const names = commands.map(({ name, description }) => quoted(`${name}:${escaped(description)}`));
  const describe = `commands=(${names.join(' ')}); _describe command commands`;
  return `if [[ $words[CURRENT] == -* ]]; then _arguments ${specs.join(' ')}; else ${describe}; fi`;
}

function after(value: Value | undefined): string {
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
}

const escaped = (text: string) => text.replaceAll(/[[\]:\\]/g, (character) => `\\${character}`);

/** As the script collects the words of a command: each after a space. */
const join = (path: readonly string[]) => path.map((word) => ` ${word}`).join('');
