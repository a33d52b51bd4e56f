/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Item } from '../items.ts';
import type { Speech } from '../messages/messages.ts';
import type { Run } from '../run.ts';
import { drawPreview } from './draw-preview.ts';
import { lineOf, previewPathOf } from './lines.ts';
import { listStyles } from './list-styles.ts';
import { Selection } from './selection.ts';
import { shootOf } from './set-words.ts';
import { buttonStyles, theme } from './styles.ts';

const ROW_PX = 56;
/** How wide a preview is shown, in pixels of the page. */
const PREVIEW_PX = 60;
/** Rows above and below the window, so that a fast scroll shows no gap. */
const SPARE_ROWS = 6;
/** Browsers draw nothing that is further down than this: rows are placed in proportion then. */
const MAX_HEIGHT_PX = 10_000_000;

/**
 * A list of any length, of files and of sets that open to their files: only the lines in sight are in the page.
 * Sends `change` when a person changed the sets or opened one.
 */
export class FileList extends LitElement {
  static override styles = [theme, buttonStyles, listStyles];
  static override properties = {
    run: { attribute: false },
    items: { attribute: false },
    speech: { attribute: false },
    photoState: { attribute: false },
    first: { state: true },
  };
  declare run: Run;
  declare items: readonly Item[];
  declare speech: Speech;
  declare photoState: Run['photoState'];
  /** The first line in sight. */
  declare first: number;
  readonly #selection = new Selection();
  readonly #drawn = new WeakMap<HTMLCanvasElement, unknown>();
  /** How many lines are in sight. To ask for a height in each update would lay the page out once more. */
  #rows = 1;
  readonly #resizes = new ResizeObserver(([entry]) => {
    this.#rows = Math.ceil((entry?.contentRect.height ?? 0) / ROW_PX) + 1;
    this.requestUpdate();
  });

  constructor() {
    super();
    this.items = [];
    this.first = 0;
  }

  override render(): TemplateResult {
    const { items, speech } = this;
    const { height, step } = this.#measures();
    const seen = Math.ceil(window.innerHeight / ROW_PX);
    const from = Math.max(0, Math.min(this.first, items.length - seen) - SPARE_ROWS);
    const shown = items.slice(from, this.first + seen + SPARE_ROWS);
    const top = (index: number) => Math.min(index * step, this.first * step + (index - this.first) * ROW_PX);
    const active = shown.findIndex(({ key }) => key === this.#selection.active);
    const scrolled = (event: Event) => {
      this.first = Math.floor((event.currentTarget as HTMLElement).scrollTop / step);
    };
    return html`
      ${this.#bar()}
      <div class="window" part="list" tabindex="0" role="tree" aria-multiselectable="true"
        aria-label=${speech.say('list')} aria-activedescendant=${active < 0 ? nothing : `line-${from + active}`}
        @scroll=${scrolled} @keydown=${this.#onKey}>
        <ul class=${items.some(({ kind }) => kind === 'set') ? 'with-sets' : ''} .style=${`block-size: ${height}px`} role="none">
          ${repeat(
            shown,
            ({ key }) => key,
            (item, index) => this.#line(item, { index: from + index, top: top(from + index) }),
          )}
        </ul>
      </div>
    `;
  }

  override firstUpdated(): void {
    const list = this.#window;
    if (list) this.#resizes.observe(list);
  }

  override updated(): void {
    const inSight = this.items.slice(this.first, this.first + this.#rows);
    this.run.photos.want(
      [...new Set(inSight.map(previewPathOf))],
      Math.round(PREVIEW_PX * Math.min(devicePixelRatio, 3)),
    );
    for (const canvas of this.renderRoot.querySelectorAll('canvas')) {
      const preview = this.run.photos.preview(canvas.dataset.path ?? '');
      if (!preview || this.#drawn.get(canvas) === preview) continue;
      drawPreview(canvas, preview);
      this.#drawn.set(canvas, preview);
    }
  }

  get #window(): HTMLElement | null {
    return this.renderRoot.querySelector('.window');
  }

  #measures(): { height: number; step: number } {
    const { length } = this.items;
    const height = Math.min(length * ROW_PX, MAX_HEIGHT_PX);
    return { height, step: length === 0 ? ROW_PX : height / length };
  }

  /** The shoot in a line, and what can be done with what is selected. */
  #bar(): TemplateResult {
    const { speech, items } = this;
    const selection = this.#selection;
    const selected = selection.size === 0 ? [] : items.filter((item) => selection.has(item));
    const hasSet = selected.some((item) => item.kind === 'set' || item.set !== undefined);
    return html`
      <div class="bar">
        <p class="summary" role="status">${shootOf(this.run, speech)}</p>
        ${
          selected.length === 0
            ? html`<p class="quiet">${speech.say('selectHint')}</p>`
            : html`
              <div class="buttons">
                <span class="quiet" role="status">${speech.say('selected', { n: selected.length })}</span>
                <button aria-keyshortcuts="M" ?disabled=${selected.length < 2} @click=${this.#merge}>
                  ${speech.say('merge')}</button>
                <button aria-keyshortcuts="S" ?disabled=${!hasSet} @click=${this.#split}>${speech.say('split')}</button>
                <button @click=${this.#clear}>${speech.say('clear')}</button>
              </div>
            `
        }
      </div>
    `;
  }

  #line(item: Item, { index, top }: { index: number; top: number }): TemplateResult {
    const { kind, level, position, count, key } = item;
    const state = kind === 'set' ? item.state : item.row.state;
    const names = [state, kind, `level-${level}`, key === this.#selection.active ? 'active' : ''];
    return html`
      <li id=${`line-${index}`} class=${names.join(' ')} part="file" .style=${`inset-block-start: ${top}px`} role="treeitem"
        aria-level=${level} aria-setsize=${count} aria-posinset=${position} aria-selected=${this.#selection.has(item)}
        aria-expanded=${kind === 'set' ? item.isOpen : nothing} @click=${(event: MouseEvent) => this.#onClick(event, item)}>
        ${lineOf(item, this.speech, this.photoState.isReading)}
      </li>
    `;
  }

  #onClick(event: MouseEvent, item: Item): void {
    const isChevron = (event.target as Element).classList.contains('chevron');
    if (isChevron && item.kind === 'set') this.#open(item, !item.isOpen);
    else if (event.shiftKey) this.#selection.extendTo(item, this.items);
    else this.#selection.toggle(item);
    this.requestUpdate();
  }

  #onKey = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = this.items.findIndex(({ key }) => key === this.#selection.active);
    const item = this.items[at];
    const to = this.#target(event.key, at);
    if (to !== undefined) this.#go(to, event.shiftKey);
    else if (!this.#act(event.key, item)) return;
    event.preventDefault();
    this.requestUpdate();
  };

  /** Which line a key leads to. */
  #target(key: string, at: number): number | undefined {
    const page = Math.max(1, Math.floor((this.#window?.clientHeight ?? 0) / ROW_PX) - 1);
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    const step = steps[key];
    if (step !== undefined) return at < 0 ? this.first : at + step;
    if (key === 'Home') return 0;
    return key === 'End' ? this.items.length - 1 : undefined;
  }

  #go(to: number, isRange: boolean): void {
    const item = this.items[Math.max(0, Math.min(to, this.items.length - 1))];
    if (!item) return;
    if (isRange) this.#selection.extendTo(item, this.items);
    else this.#selection.active = item.key;
    this.#show(item.key);
  }

  /** Scrolls as far as is needed to have a line in sight. */
  #show(key: string): void {
    const list = this.#window;
    const at = this.items.findIndex((item) => item.key === key);
    if (!list || at < 0) return;
    const top = at * this.#measures().step;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + ROW_PX > list.scrollTop + list.clientHeight) list.scrollTop = top + ROW_PX - list.clientHeight;
  }

  /** Does what a key is for. False where it is for nothing here. */
  #act(key: string, item: Item | undefined): boolean {
    const isRtl = this.speech.direction === 'rtl';
    const isForth = key === (isRtl ? 'ArrowLeft' : 'ArrowRight');
    const isBack = key === (isRtl ? 'ArrowRight' : 'ArrowLeft');
    if (key === 'Escape') this.#clear();
    else if (key === 'm' || key === 'M') this.#merge();
    else if (key === 's' || key === 'S') this.#split();
    else if (key === ' ' && item) this.#selection.toggle(item);
    else return item !== undefined && this.#turn(item, { isEnter: key === 'Enter', isForth, isBack });
    return true;
  }

  /** Opens and closes sets, and goes from a set to its files and back. */
  #turn(item: Item, { isEnter, isForth, isBack }: { isEnter: boolean; isForth: boolean; isBack: boolean }): boolean {
    const at = this.items.indexOf(item);
    if (item.kind === 'set') {
      const changes = isEnter || (item.isOpen ? isBack : isForth);
      if (changes) this.#open(item, !item.isOpen);
      else if (isForth) this.#go(at + 1, false);
      return changes || isForth;
    }
    const goesUp = isBack && item.level === 2;
    if (goesUp) this.#go(at - item.position, false);
    return goesUp;
  }

  #open({ set, key }: Extract<Item, { kind: 'set' }>, isOpen: boolean): void {
    this.#selection.active = key;
    if (this.run.sets.isOpen(set) !== isOpen) this.run.sets.toggle(set);
    this.#changed();
  }

  #merge = () => {
    const id = this.run.sets.merge(this.#selection.paths(this.items));
    if (id === undefined) return;
    this.#selection.clear();
    this.#selection.active = `set ${id}`;
    this.#changed();
  };

  #split = () => {
    const { items, run } = this;
    const paths = this.#selection.paths(items).filter((path) => run.sets.placeOf(path));
    if (paths.length === 0) return;
    run.sets.split(paths);
    this.#selection.clear();
    this.#selection.active = paths[0];
    this.#changed();
  };

  #clear = () => {
    this.#selection.clear();
    this.requestUpdate();
  };

  #changed(): void {
    this.items = this.run.items();
    this.#window?.focus({ preventScroll: true });
    this.requestUpdate();
    this.dispatchEvent(new Event('change'));
  }
}
