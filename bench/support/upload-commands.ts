import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pinnedNode, root } from '@darkslide/testkit';
import type { Command } from './measure-command.ts';

/** A server of the contract, and what to send to it. */
export type Upload = { apiUrl: string; apiKey: string; folder: string; project: string };

/** Our client, by its command line, at its defaults: with verification, and its journal. @param state its folder. */
export function darkslideUpload({ apiUrl, apiKey, folder, project, state }: Upload & { state: string }): Command {
  const binary = realpathSync(join(root, 'node_modules', '.bin', 'darkslide'));
  return {
    command: pinnedNode(),
    args: [binary, 'upload', folder, '--project', project, '--json'],
    env: { DARKSLIDE_URL: apiUrl, DARKSLIDE_API_KEY: apiKey, XDG_STATE_HOME: state, NODE_OPTIONS: undefined },
  };
}

/** The way of the vendor's Node SDK, on the same Node. */
export function vendorUpload({ apiUrl, apiKey, folder, project }: Upload): Command {
  return {
    command: pinnedNode(),
    args: [join(import.meta.dirname, 'vendor-client.ts'), folder, project],
    env: { DARKSLIDE_URL: apiUrl, DARKSLIDE_API_KEY: apiKey, NODE_OPTIONS: undefined },
  };
}
