import type { Context } from '../base/context.ts';
import { EXIT, type ExitCode } from '../base/exit-codes.ts';
import { type ProjectFlags, projectChoice } from '../base/options.ts';
import { say, sayJson } from '../base/output.ts';
import { withClient } from './with-client.ts';

type LinkFlags = ProjectFlags & {
  /** Seconds. */
  expires: number;
  maxFiles?: number;
  maxBytes?: number;
  allow?: string[];
  title?: string;
};

/** `darkslide link`: on a terminal with a QR code, for phones. */
export async function link(context: Context, project: string, flags: LinkFlags): Promise<ExitCode> {
  const { stdout } = context;
  await withClient(context, flags, async (client) => {
    const { url, projectUuid, tokenId, expiresAt } = await client.createUploadPageLink({
      ...{ project: projectChoice(project), flow: flags.flow, title: flags.title, allowedNames: flags.allow },
      ...{ expiresInSeconds: flags.expires, maxFiles: flags.maxFiles, maxBytes: flags.maxBytes },
    });
    if (flags.json) {
      sayJson(stdout, { url, project_uuid: projectUuid, token_id: tokenId, expires_at: expiresAt });
      return;
    }
    say(stdout, url);
    if (stdout.isTTY !== true) return;
    const { default: encodeQr } = await import('qr');
    for (const line of encodeQr(url, 'ascii').split('\n')) say(stdout, line);
    say(stdout, `It works until ${new Date(expiresAt).toLocaleString()}.`);
  });
  return EXIT.done;
}
