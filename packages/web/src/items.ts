import type { PhotoFrame } from '@darkslide/client/browser';
import type { PhotoSet, Sets } from './sets.ts';
import type { Row, RowState } from './shoot.ts';

/** A line of the list: a file, or a set, which may be opened to its files. */
export type Item = (FileItem | SetItem) & {
  /** Unique in the list. */
  key: string;
  /** 2 for the files of an open set. */
  level: 1 | 2;
  /** Among those of its level that belong together: from 1, and how many. */
  position: number;
  count: number;
};
/** `frame`: which one it is in its set, where it is the first file of one. */
type FileItem = { kind: 'file'; row: Row; set?: PhotoSet; frame?: PhotoFrame };
type SetItem = { kind: 'set' } & SetRow;

/** A set with what became of its files. */
type SetRow = {
  set: PhotoSet;
  rows: readonly Row[];
  state: RowState;
  size: number;
  sent: number;
  isOpen: boolean;
};

/** The most urgent first: what one file of a set is, the set is. */
const ORDER: readonly RowState[] = ['failed', 'sending', 'waiting', 'uploaded', 'skipped'];

/** The lines of the list: failures first, then what is being sent, what waits, and what is done. */
export function itemsOf(rows: ReadonlyMap<string, Row>, sets: Sets): Item[] {
  const groups: Record<RowState, (Row | SetRow)[]> = {
    failed: [],
    sending: [],
    waiting: [],
    uploaded: [],
    skipped: [],
  };
  const seen = new Set<PhotoSet>();
  for (const row of rows.values()) {
    const set = sets.placeOf(row.path)?.set;
    if (!set) groups[row.state].push(row);
    else if (!seen.has(set)) {
      seen.add(set);
      const one = setRow(set, rows, sets.isOpen(set));
      groups[one.state].push(one);
    }
  }
  const tops = ORDER.flatMap((state) => groups[state]);
  return tops.flatMap((top, index): Item | Item[] => {
    const place = { position: index + 1, count: tops.length };
    if (!('set' in top)) return { kind: 'file', key: top.path, level: 1, row: top, ...place };
    const item: Item = { kind: 'set', key: `set ${top.set.id}`, level: 1, ...top, ...place };
    return top.isOpen ? [item, ...membersOf(top)] : item;
  });
}

function membersOf({ set, rows }: SetRow): Item[] {
  const frames = new Map(set.frames.map((frame) => [frame.files[0], frame]));
  return rows.map((row, index) => {
    const frame = frames.get(row.path);
    const place = { position: index + 1, count: rows.length };
    return { kind: 'file', key: row.path, level: 2, row, set, ...(frame ? { frame } : {}), ...place };
  });
}

function setRow(set: PhotoSet, all: ReadonlyMap<string, Row>, isOpen: boolean): SetRow {
  const rows = set.frames.flatMap(({ files }) => files.flatMap((path) => all.get(path) ?? []));
  const state = ORDER.find((one) => rows.some((row) => row.state === one)) ?? 'waiting';
  const size = rows.reduce((sum, row) => sum + (row.size ?? 0), 0);
  const sent = rows.reduce((sum, row) => sum + (row.size ?? 0) * shareOf(row), 0);
  return { set, rows, state, size, sent: size === 0 ? 0 : sent / size, isOpen };
}

function shareOf({ state, sent }: Row): number {
  if (state === 'uploaded' || state === 'skipped') return 1;
  return state === 'sending' ? sent : 0;
}
