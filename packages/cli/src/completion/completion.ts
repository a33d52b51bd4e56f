import type { Command } from 'commander';
import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { bashScript } from './bash.ts';
import { fishScript } from './fish.ts';
import { nodesOf } from './nodes.ts';
import { zshScript } from './zsh.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

export async function completion(
  { stdout }: Context,
  shell: keyof typeof SCRIPTS,
  _: unknown,
  command: Command,
): Promise<ExitCode> {
  stdout.write(SCRIPTS[shell](nodesOf(command.parent as Command)));
  return EXIT.done;
}
