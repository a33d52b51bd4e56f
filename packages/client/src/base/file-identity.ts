import type { FileStat } from './ports.ts';

/**
 * Whether nothing wrote to the file between two looks of one run. The inode is not asked: on FAT and exFAT, and on many
 * network folders, Linux numbers a file anew whenever memory was short.
 */
export const isUnchanged = (a: FileStat, b: FileStat): boolean =>
  a.size === b.size && a.modifiedMs === b.modifiedMs && a.changedMs === b.changedMs;

/** Whether it is certainly the same file with the same content, also days later. */
export const isSameFile = (a: FileStat, b: FileStat): boolean => isUnchanged(a, b) && a.inode === b.inode;

/** Just what tells a file's identity, without whatever else the object has. */
export const identityOf = ({ size, modifiedMs, changedMs, inode }: FileStat): FileStat => ({
  ...{ size, modifiedMs },
  ...(changedMs !== undefined && { changedMs }),
  ...(inode !== undefined && { inode }),
});

/** The message for a file that fails `isUnchanged`. */
export const FILE_CHANGED = 'The file changed during the upload. Upload it again when it is no longer being written.';
