import { type Node, quoted } from './nodes.ts';

/** Bash completes files itself if the script offers nothing: it knows how to write their names. */
export function bashScript(nodes: readonly Node[]): string {
  const commands = nodes.filter(({ path }) => path.length > 0).map(({ path }) => quoted(join(path)));
  const values = nodes.flatMap(({ path, flags }) =>
    flags.flatMap(({ name, value }) => {
      if (!value) return [];
      const offer = value.kind === 'words' ? ` _darkslide_words ${quoted(value.words.join(' '))}` : '';
      return [`    ${quoted(`${join(path)} ${name}`)})${offer} ;;`];
    }),
  );
  const rest = nodes.map(({ path, flags, argument }) => {
    const names = quoted(flags.map(({ name }) => name).join(' '));
    const others = argument.kind === 'words' ? quoted(argument.words.join(' ')) : "''";
    return `        ${quoted(join(path))}) _darkslide_words "$([[ $word == -* ]] && echo ${names} || echo ${others})" ;;`;
  });
  return `_darkslide_words() { COMPREPLY=($(compgen -W "$1" -- "$word")); }

_darkslide() {
  local word="\${COMP_WORDS[COMP_CWORD]}" command='' at
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "$command \${COMP_WORDS[at]}" in
      ${commands.join('|')}) command+=" \${COMP_WORDS[at]}" ;;
      *) break ;;
    esac
  done
  COMPREPLY=()
  case "$command \${COMP_WORDS[COMP_CWORD-1]}" in
${values.join('\n')}
    *)
      case "$command" in
${rest.join('\n')}
      esac
      ;;
  esac
}

complete -o bashdefault -o default -F _darkslide darkslide
`;
}

/** As the script collects the words of a command: each after a space. */
const join = (path: readonly string[]) => path.map((word) => ` ${word}`).join('');
