/// <reference lib="dom" />
import type { FailureReason } from '@darkslide/client/browser';
import { html, nothing, type TemplateResult } from 'lit';
import type { Item } from '../items.ts';
import type { en } from '../messages/en.ts';
import type { Speech } from '../messages/messages.ts';
import type { RowState } from '../shoot.ts';
import { frameOf, framesOf, lackOf, titleOf } from './set-words.ts';

const STATES: Record<RowState, keyof typeof en> = {
  waiting: 'stateWaiting',
  sending: 'stateSending',
  uploaded: 'stateUploaded',
  skipped: 'stateSkipped',
  failed: 'stateFailed',
};

const REASONS: Record<FailureReason, keyof typeof en> = {
  empty: 'reasonEmpty',
  'too-large': 'reasonTooLarge',
  'invalid-name': 'reasonInvalidName',
  vanished: 'reasonVanished',
  unreadable: 'reasonUnreadable',
  changed: 'reasonChanged',
  conflict: 'reasonConflict',
  mismatch: 'reasonMismatch',
  refused: 'reasonRefused',
  unavailable: 'reasonUnavailable',
  unconfirmed: 'reasonUnconfirmed',
};

/** What is in a line of the list. `isReading`: sets are not whole yet. */
export function lineOf(item: Item, speech: Speech, isReading: boolean): TemplateResult {
  const { size, state, sent } = item.kind === 'set' ? item : item.row;
  const title = item.kind === 'set' ? titleOf(item.set) : item.row.path;
  return html`
    ${item.kind === 'set' ? html`<span class="chevron" aria-hidden="true"></span>` : nothing}
    ${thumbnail(previewPathOf(item))}
    <span class="path" title=${title}>${title}</span>
    <span class="size">${size === undefined ? nothing : speech.bytes(size)}</span>
    ${detail(item, speech, isReading)}
    <span class="state">${speech.say(STATES[state])} ${state === 'sending' ? speech.percent(sent) : ''}</span>
  `;
}

/** Whose preview stands for a line: for a set that of its base exposure, or of its middle frame. */
export function previewPathOf(item: Item): string {
  if (item.kind === 'file') return item.row.path;
  const { frames } = item.set;
  const base = frames.find(({ offset }) => offset === 0) ?? frames[frames.length >> 1];
  return base?.files[0] ?? '';
}

const thumbnail = (path: string) => html`
  <span class="preview" aria-hidden="true">
    <span>${/\.([^./]{1,5})$/.exec(path)?.[1] ?? ''}</span>
    <canvas data-path=${path} width="0" height="0"></canvas>
  </span>
`;

function detail(item: Item, speech: Speech, isReading: boolean): TemplateResult {
  if (item.kind === 'set') {
    const lack = isReading ? undefined : lackOf(item.set, speech);
    const text = lack ?? framesOf(item.set, speech);
    return html`<span class="why ${lack ? 'lack' : ''}" title=${text}>${text}</span>`;
  }
  const { row, frame } = item;
  const text = row.failure ? whyOf(row.failure, speech) : frame ? frameOf(frame, speech) : '';
  return html`<span class="why" title=${row.failure?.message ?? ''}>${text}</span>`;
}

/** The server's own sentence says more, but in English only. */
const whyOf = ({ reason, message }: { reason: FailureReason; message: string }, speech: Speech) =>
  speech.language === 'en' ? message : speech.say(REASONS[reason]);
