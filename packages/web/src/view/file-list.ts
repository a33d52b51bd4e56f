/// <reference lib="dom" />
import type { FailureReason } from '@darkslide/client/browser';
import { html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { en } from '../messages/en.ts';
import type { Speech } from '../messages/messages.ts';
import type { Row, RowState } from '../shoot.ts';
import { listStyles, theme } from './styles.ts';

const ROW_PX = 56;
/** Rows above and below the window, so that a fast scroll shows no gap. */
const SPARE_ROWS = 6;
/** Browsers draw nothing that is further down than this: rows are placed in proportion then. */
const MAX_HEIGHT_PX = 10_000_000;

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

/** A list of any length: only the rows in sight are in the page. */
export class FileList extends LitElement {
  static override styles = [theme, listStyles];
  static override properties = { rows: { attribute: false }, speech: { attribute: false }, first: { state: true } };
  declare rows: readonly Row[];
  declare speech: Speech;
  /** The first row in sight. */
  declare first: number;

  constructor() {
    super();
    this.rows = [];
    this.first = 0;
  }

  override render(): TemplateResult {
    const { rows, speech } = this;
    const height = Math.min(rows.length * ROW_PX, MAX_HEIGHT_PX);
    const step = rows.length === 0 ? ROW_PX : height / rows.length;
    const seen = Math.ceil(window.innerHeight / ROW_PX);
    const from = Math.max(0, Math.min(this.first, rows.length - seen) - SPARE_ROWS);
    const shown = rows.slice(from, this.first + seen + SPARE_ROWS);
    const top = (index: number) => Math.min(index * step, this.first * step + (index - this.first) * ROW_PX);
    const scrolled = (event: Event) => {
      this.first = Math.floor((event.currentTarget as HTMLElement).scrollTop / step);
    };
    return html`
      <div class="window" part="list" tabindex="0" role="region" aria-label=${speech.say('list')} @scroll=${scrolled}>
        <ul .style=${`block-size: ${height}px`} role="list">
          ${repeat(
            shown,
            (row) => row.path,
            (row, index) => this.#row(row, { index: from + index, top: top(from + index) }),
          )}
        </ul>
      </div>
    `;
  }

  #row(row: Row, { index, top }: { index: number; top: number }): TemplateResult {
    const { speech, rows } = this;
    const { path, size, state, sent, failure } = row;
    return html`
      <li class=${state} part="file" .style=${`inset-block-start: ${top}px`} aria-setsize=${rows.length}
        aria-posinset=${index + 1}>
        <span class="path" title=${path}>${path}</span>
        <span class="size">${speech.bytes(size)}</span>
        <span class="why" title=${failure?.message ?? ''}>
          ${failure ? whyOf(failure, speech) : ''}
        </span>
        <span class="state">${speech.say(STATES[state])} ${state === 'sending' ? speech.percent(sent) : ''}</span>
      </li>
    `;
  }
}

/** The server's own sentence says more, but in English only. */
const whyOf = ({ reason, message }: { reason: FailureReason; message: string }, speech: Speech) =>
  speech.language === 'en' ? message : speech.say(REASONS[reason]);
