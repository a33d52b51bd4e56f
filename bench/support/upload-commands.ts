import { delimiter, dirname, join } from 'node:path';
import { pinnedNode, root } from '@darkslide/testkit';
import type { Command } from './measure-command.ts';

/** A server of the contract, and what to send to it. */
export type Upload = { apiUrl: string; apiKey: string; folder: string; project: string };

/**
 * Our client, by its command line, at its defaults: with verification, and its journal. It starts as npm lets users
 * start it, by its first line, which finds the pinned Node. @param state the journal's folder.
 */
export function darkslideUpload({ folder, project, state, ...server }: Upload & { state: string }): Command {
  const { command, args, env } = darkslide(server, ['upload', folder, '--project', project, '--json']);
  return { command, args, env: { ...env, XDG_STATE_HOME: state } };
}

/** Our client, by its command line, at its defaults: with verification. @param folder where the files go. */
export const darkslideDownload = ({ folder, project, ...server }: Upload): Command =>
  darkslide(server, ['download', project, folder, '--json']);

const darkslide = ({ apiUrl, apiKey }: Pick<Upload, 'apiUrl' | 'apiKey'>, args: readonly string[]): Command => ({
  command: join(root, 'node_modules', '.bin', 'darkslide'),
  args,
  env: {
    PATH: `${dirname(pinnedNode())}${delimiter}${process.env.PATH}`,
    DARKSLIDE_URL: apiUrl,
    DARKSLIDE_API_KEY: apiKey,
    NODE_OPTIONS: undefined,
  },
});

/** The way of the vendor's Node SDK, on the same Node. */
export function vendorUpload({ apiUrl, apiKey, folder, project }: Upload): Command {
  return {
    command: pinnedNode(),
    args: [join(import.meta.dirname, 'vendor-client.ts'), folder, project],
    env: { DARKSLIDE_URL: apiUrl, DARKSLIDE_API_KEY: apiKey, NODE_OPTIONS: undefined },
  };
}
