import { Argument, Command } from 'commander';
import type { Run } from '../base/action.ts';

const EXAMPLES = `
Examples:
  darkslide completion bash > ~/.local/share/bash-completion/completions/darkslide
  darkslide completion zsh > ~/.zsh/completions/_darkslide     (a folder of $fpath, before compinit)
  darkslide completion fish > ~/.config/fish/completions/darkslide.fish`;

/** Prints a script that completes commands and options. It is made from the commands themselves. */
export function completionCommand(run: Run): Command {
  return new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLES)
    .action(run(async () => (await import('../completion/completion.ts')).completion));
}
