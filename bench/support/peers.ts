import { basename } from 'node:path';
import { ensurePythonTools, ensureRclone, type S3Access, ToolMissingError } from '@darkslide/testkit';
import type { Command } from './measure-command.ts';
import { ensureS5cmd } from './s5cmd.ts';

/** A tool that copies a folder to S3, and what is below a prefix to a folder, at its defaults. */
type Peer = {
  name: string;
  copy(upload: { s3: S3Access; folder: string }): Command;
  fetch(download: { s3: S3Access; prefix: string; folder: string }): Command;
};

export type Peers = { found: Peer[]; missing: { name: string; reason: string }[] };

/** The tools that are here or can be installed; the others are told, so that no one falls out unseen. */
export async function findPeers(): Promise<Peers> {
  const peers: Peers = { found: [], missing: [] };
  for (const [name, find] of Object.entries(PEERS)) {
    try {
      peers.found.push(await find());
    } catch (error) {
      if (!(error instanceof ToolMissingError)) throw error;
      peers.missing.push({ name, reason: error.message.split('\n', 1)[0] ?? '' });
    }
  }
  return peers;
}

const PEERS: Record<string, () => Promise<Peer>> = {
  async 'aws s3 cp'() {
    const { aws } = await ensurePythonTools();
    return {
      name: 'aws s3 cp',
      copy: ({ s3, folder }) => ({
        command: aws,
        args: ['s3', 'cp', '--recursive', '--only-show-errors', '--endpoint-url', s3.endpoint, folder, url(s3, folder)],
        env: awsEnv(s3),
      }),
      fetch: ({ s3, prefix, folder }) => ({
        command: aws,
        args: [
          ...['s3', 'cp', '--recursive', '--only-show-errors', '--endpoint-url', s3.endpoint],
          ...[`s3://${s3.bucket}/${prefix}/`, folder],
        ],
        env: awsEnv(s3),
      }),
    };
  },
  async 'rclone copy'() {
    const rclone = await ensureRclone();
    return {
      name: 'rclone copy',
      copy: ({ s3, folder }) => ({
        command: rclone,
        args: ['copy', '--config', '/dev/null', folder, `:s3:${s3.bucket}/${basename(folder)}`],
        env: rcloneEnv(s3),
      }),
      fetch: ({ s3, prefix, folder }) => ({
        command: rclone,
        args: ['copy', '--config', '/dev/null', `:s3:${s3.bucket}/${prefix}`, folder],
        env: rcloneEnv(s3),
      }),
    };
  },
  async 's5cmd cp'() {
    const s5cmd = await ensureS5cmd();
    return {
      name: 's5cmd cp',
      copy: ({ s3, folder }) => ({
        command: s5cmd,
        args: ['--log', 'error', '--endpoint-url', s3.endpoint, 'cp', `${folder}/`, url(s3, folder)],
        env: awsEnv(s3),
      }),
      fetch: ({ s3, prefix, folder }) => ({
        command: s5cmd,
        args: ['--log', 'error', '--endpoint-url', s3.endpoint, 'cp', `s3://${s3.bucket}/${prefix}/*`, `${folder}/`],
        env: awsEnv(s3),
      }),
    };
  },
};

const url = ({ bucket }: S3Access, folder: string) => `s3://${bucket}/${basename(folder)}/`;

const rcloneEnv = (s3: S3Access) => ({
  ...awsEnv(s3),
  RCLONE_S3_PROVIDER: 'Other',
  RCLONE_S3_ENV_AUTH: 'true',
  RCLONE_S3_ENDPOINT: s3.endpoint,
  RCLONE_S3_REGION: s3.region,
});

/** None of this machine's own settings, but these. */
const awsEnv = ({ credentials, region }: S3Access) => ({
  ...Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => name.startsWith('AWS_'))
      .map((name) => [name, undefined]),
  ),
  AWS_CONFIG_FILE: '/dev/null',
  AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
});
