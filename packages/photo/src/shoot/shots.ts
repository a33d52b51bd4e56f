import type { PhotoFacts } from '../facts.ts';
import { type Frame, first, isSameExposure, isSameMoment, roleOf, settle } from './frames.ts';
import { cameraNumber, isNameOfCopy, isNameOfResult, LAST_NUMBER, type Named, named, shotStem } from './names.ts';
import type { ShootFile } from './shoot.ts';

type Photo = { named: Named; size: number; facts: PhotoFacts };

const byPath = (a: Photo, b: Photo) => (a.named.path < b.named.path ? -1 : 1);

/** Puts photos together to shots: twins, DNGs made of RAWs, copies and results. */
export function shotsOf(files: readonly ShootFile[]): Frame[] {
  const photos = files.map(({ path, size, facts }) => ({
    named: named(path),
    size,
    facts: facts ?? { kind: 'unknown' as const },
  }));
  const frames: Frame[] = [];
  const byStem = Map.groupBy(photos.toSorted(byPath), ({ named }) => shotStem(named));
  for (const group of byStem.values()) frames.push(...twins(group));
  const joined = joinRenamed(joinByRawName(frames));
  for (const frame of joined) settle(frame);
  markCopies(joined);
  markResults(joined);
  numberFrames(joined);
  return joined;
}

/** Of photos with one stem. Without a time, only those of one folder are of one shot. */
function twins(photos: readonly Photo[]): Frame[] {
  const frames: Frame[] = [];
  for (const photo of photos) {
    const role = roleOf(photo.facts);
    const fits = (frame: Frame) => {
      if (frame.files.some((file) => file.role === role && isOneKind(file.facts, photo.facts))) return false;
      return frame.files.every(({ facts, named }) => {
        const timed = facts.time !== undefined && photo.facts.time !== undefined;
        return (timed || named.folder === photo.named.folder) && isSameMoment(facts, photo.facts);
      });
    };
    const nearest = frames.filter(fits).toSorted((a, b) => distance(a, photo) - distance(b, photo))[0];
    if (nearest) nearest.files.push({ ...photo, role });
    else frames.push(newFrame({ ...photo, role }));
  }
  return frames;
}

/** A DNG beside the RAW that it was made from is not a second RAW. */
const isOneKind = (a: PhotoFacts, b: PhotoFacts) => (a.format === 'dng') === (b.format === 'dng');

const distance = (frame: Frame, photo: Photo) =>
  Math.abs((first(frame).facts.time?.ms ?? 0) - (photo.facts.time?.ms ?? 0)) +
  (first(frame).named.folder === photo.named.folder ? 0 : 0.5);

const newFrame = (file: Frame['files'][number]): Frame => ({
  files: [file],
  facts: file.facts,
  sidecars: [],
  videos: [],
  body: '',
});

/** A DNG or JPEG that names the RAW that it was made from. */
function joinByRawName(frames: readonly Frame[]): Frame[] {
  const byName = Map.groupBy(frames, (frame) => first(frame).named.name);
  const gone = new Set<Frame>();
  for (const frame of frames) {
    const raw = first(frame).facts.ids?.rawFileName;
    if (raw === undefined || frame.files.length > 1) continue;
    const owner = (byName.get(named(raw).name) ?? []).find(
      (other) => other !== frame && !gone.has(other) && isSameMoment(other.facts, frame.facts),
    );
    const { role, facts } = first(frame);
    if (!owner || owner.files.some((file) => file.role === role && isOneKind(file.facts, facts))) continue;
    owner.files.push(first(frame));
    gone.add(frame);
  }
  return frames.filter((frame) => !gone.has(frame));
}

/** What tells one exposure of a body from all others; undefined where there is no time. */
function identity({ facts: { time, camera, exposure, drive } }: Frame): string | undefined {
  if (!time || exposure?.seconds === undefined) return undefined;
  const { seconds, aperture, iso } = exposure;
  return [camera?.model, time.ms, seconds.toPrecision(3), aperture?.toFixed(1), iso, drive?.position].join('|');
}

/** RAW and JPEG that no longer have one name, each as many as the other. */
function joinRenamed(frames: readonly Frame[]): Frame[] {
  const gone = new Set<Frame>();
  for (const [key, group] of Map.groupBy(frames, identity)) {
    const alone = group.filter((frame) => frame.files.length === 1 && !first(frame).facts.result);
    const raws = alone.filter((frame) => first(frame).role === 'raw');
    const others = alone.filter((frame) => first(frame).role !== 'raw');
    if (key === undefined || raws.length === 0 || raws.length !== others.length) continue;
    for (const [index, raw] of raws.entries()) {
      const other = others[index] as Frame;
      if (!isSameMoment(raw.facts, other.facts)) continue;
      raw.files.push(...other.files);
      gone.add(other);
    }
  }
  return frames.filter((frame) => !gone.has(frame));
}

/** The name that a camera gave is the original's; else the shorter one, else the first. */
function originalFirst(a: Frame, b: Frame): number {
  const [x, y] = [first(a).named, first(b).named];
  const byCamera = Number(cameraNumber(y.stem) !== undefined) - Number(cameraNumber(x.stem) !== undefined);
  const byResult = Number(isNameOfResult(x)) - Number(isNameOfResult(y));
  return (
    byResult ||
    byCamera ||
    x.stem.length - y.stem.length ||
    x.folder.length - y.folder.length ||
    (x.path < y.path ? -1 : 1)
  );
}

/** The same exposure again, by a name that was made from the first, by its size, or made smaller. */
function markCopies(frames: readonly Frame[]): void {
  for (const [key, group] of Map.groupBy(frames, identity)) {
    if (key === undefined || group.length < 2) continue;
    const [...sorted] = group.toSorted(originalFirst);
    for (const [index, frame] of sorted.entries()) {
      const original = sorted.slice(0, index).find((other) => !other.of && isCopy(frame, other));
      if (!original || frame.facts.result) continue;
      frame.of = original;
      frame.derived = isNameOfResult(first(frame).named) ? 'result' : 'copy';
    }
  }
}

function isCopy(frame: Frame, original: Frame): boolean {
  const [a, b] = [first(frame), first(original)];
  if (!isSameExposure(frame.facts, original.facts)) return false;
  const [serial, other] = [frame.facts.camera?.serial, original.facts.camera?.serial];
  if (serial !== undefined && other !== undefined && serial !== other) return false;
  const [stem, of] = [shotStem(a.named), shotStem(b.named)];
  if (isNameOfCopy(stem, of) || isNameOfResult(a.named)) return true;
  if (a.role !== b.role) return false;
  if (stem === of) return true;
  const exact =
    (frame.facts.time?.resolutionMs ?? 1000) <= 10 && frame.facts.counter?.value === original.facts.counter?.value;
  return (a.size === b.size && exact && !cameraNumber(stem)) || (!cameraNumber(stem) && isSmaller(frame, original));
}

const isSmaller = ({ facts: { dims: a } }: Frame, { facts: { dims: b } }: Frame) =>
  a !== undefined && b !== undefined && a.width * a.height < b.width * b.height * 0.9;

/**
 * What the camera, or a program, made of several frames. Phones compose every photo, so composition marks a result
 * only beside others of the body that are not composed.
 */
function markResults(frames: readonly Frame[]): void {
  const model = ({ facts }: Frame) => facts.camera?.model;
  const plain = new Set(frames.filter(({ facts }) => !facts.composite).map(model));
  const named = new Set(frames.filter((frame) => cameraNumber(first(frame).named.stem)).map(model));
  const sources = frames.filter(({ of, facts }) => !of && !facts.result && !facts.composite);
  const byMoment = Map.groupBy(sources, (frame) => `${model(frame)} ${frame.facts.time?.ms}`);
  for (const frame of frames) {
    const { composite, result, time } = frame.facts;
    const byName = !cameraNumber(first(frame).named.stem) && isNameOfResult(first(frame).named);
    if (result === undefined && !byName && !(composite && plain.has(model(frame)))) continue;
    const atOnce = time === undefined ? [] : (byMoment.get(`${model(frame)} ${time.ms}`) ?? []);
    const from = atOnce.find((other) => other !== frame);
    if (!from && result === undefined && !composite && !named.has(model(frame))) continue;
    frame.derived = 'result';
    frame.of = from;
  }
}

/** Of counters that count, else of names that a camera gave. */
function numberFrames(frames: readonly Frame[]): void {
  for (const group of Map.groupBy(frames, ({ facts }) => `${facts.camera?.model} ${facts.camera?.serial}`).values()) {
    const counts = new Set(group.map(({ facts }) => facts.counter?.value));
    const counting = !counts.has(undefined) && counts.size >= group.length * 0.8;
    for (const frame of group) {
      const { counter } = frame.facts;
      const name = cameraNumber(shotStem(first(frame).named));
      if (counting && counter) frame.number = { value: counter.value, modulo: counter.modulo, prefix: counter.from };
      else if (name) frame.number = { value: name.number, modulo: LAST_NUMBER, prefix: name.prefix };
    }
  }
}
