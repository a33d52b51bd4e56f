/** What photo files say about themselves, and which of them belong together. Pure: the caller reads the bytes. */
export type { CaptureTime, Drive, DriveKind, EmbeddedJpeg, Exposure, PhotoFacts, PhotoIds } from './facts.ts';
export { type Preview, previewRange, readPhoto } from './read-photo.ts';
export { HEAD_BYTES, MAX_FACTS_BYTES, type PhotoSource } from './read-tags.ts';
export { groupShoot } from './shoot/group-shoot.ts';
export type { FileRole, PhotoSet, Problem, SetKind, Shoot, ShootFile, Shot, Tier } from './shoot/shoot.ts';
