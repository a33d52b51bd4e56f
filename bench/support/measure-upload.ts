import { Darkslide, temporaryFolder } from '@darkslide/testkit';
import { assertArrived } from './arrived.ts';
import type { Cost } from './cost.ts';
import { type Command, measureCommand } from './measure-command.ts';
import type { PhotoSet } from './photo-set.ts';
import { darkslideUpload } from './upload-commands.ts';

/** Measures one upload to the embedded store of a server that was started for it, and checks that all arrived. */
export async function measureUpload({
  side,
  set,
  command,
}: {
  side: string;
  set: PhotoSet;
  command: (server: Darkslide) => Command;
}): Promise<Cost> {
  const server = await Darkslide.start();
  try {
    await set.warm();
    const cost = await measureCommand(command(server));
    await assertArrived({ s3: server.s3, set, side });
    return cost;
  } finally {
    await server.remove();
  }
}

/** The same for our client, with a journal of its own. */
export async function measureDarkslide(set: PhotoSet): Promise<Cost> {
  await using state = await temporaryFolder('darkslide-bench-state');
  return await measureUpload({
    side: 'darkslide',
    set,
    command: ({ apiUrl, apiKey }) =>
      darkslideUpload({ apiUrl, apiKey, folder: set.folder, project: 'bench', state: state.path }),
  });
}
