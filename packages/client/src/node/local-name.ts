import { fileNameProblem } from '@darkslide/contract';

/** How the name of an unfinished download ends. */
export const DRAFT_SUFFIX = '.darkslide-part';

// Naming Files, Paths, and Namespaces (Microsoft). A device's name is one with any extension too.
const WINDOWS_DEVICE = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;
const WINDOWS_CHARACTERS = /[<>:"|?*]/;

/**
 * Why a name that a server gave can't be that of a file in a folder here, as the end of a sentence about it, or
 * undefined when it can. A server may be hostile: no name leads out of the folder.
 */
export function localNameProblem(name: string, platform: NodeJS.Platform = process.platform): string | undefined {
  const problem = fileNameProblem(name);
  if (problem !== undefined) return problem;
  if (name.toLowerCase().endsWith(DRAFT_SUFFIX)) return 'is that of an unfinished download';
  if (platform !== 'win32') return undefined;
  if (WINDOWS_CHARACTERS.test(name)) return 'has a character that Windows does not allow';
  if (WINDOWS_DEVICE.test(name)) return 'is that of a device of Windows';
  return name.endsWith('.') ? 'ends with a dot, which Windows does not allow' : undefined;
}
