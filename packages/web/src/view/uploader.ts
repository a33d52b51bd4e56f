/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import {
  filesOfDirectory,
  filesOfDrop,
  filesOfInput,
  type PickedBatch,
  type Progress,
  rememberedFolder,
  rememberFolder,
} from '@darkslide/client/browser';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Messages } from '../messages/catalogue.ts';
import { CATALOGUES, Speech } from '../messages/messages.ts';
import { Run } from '../run.ts';
import { summaryRecord } from '../summary.ts';
import { readToken, type TokenInfo, type TokenProblem } from '../token.ts';
import { Awake } from './awake.ts';
import type { FileList } from './file-list.ts';
import { buttonStyles, theme, uploaderStyles } from './styles.ts';

type FolderPicker = { showDirectoryPicker?: (options: { id: string }) => Promise<FileSystemDirectoryHandle> };

/** Forms of the receipt, and their media types. */
const RECEIPTS = { json: 'application/json', csv: 'text/csv', mhl: 'application/xml' } as const;

/** Progress is drawn this often: laying the page out takes the processor's time from the upload. */
const PROGRESS_MS = 500;

/** How often a screen reader says the progress: at each tenth. */
const SPOKEN_STEPS = 10;

/**
 * `<darkslide-uploader server="https://…" token="dst_…">`: sends photos into the project of an upload token.
 *
 * @attr server - URL of the server. Default: where the page comes from.
 * @attr token - the upload token.
 * @attr lang - the language; default: that of the browser.
 * @attr worker-url - URL of the engine's worker, of the page's own origin. Without it the engine runs in the page.
 * @fires darkslide-progress - `detail` is the progress of the run, at most ten times a second.
 * @fires darkslide-summary - at the end of a run; `detail` is the summary that the command line prints.
 * @csspart list - the list of files. @csspart drop - where files are dropped.
 * @cssprop --darkslide-accent - and the other colours in `styles.ts`.
 */
export class DarkslideUploader extends LitElement {
  static override styles = [theme, buttonStyles, uploaderStyles];
  static override properties = {
    server: {},
    token: {},
    language: { attribute: 'lang' },
    workerUrl: { attribute: 'worker-url' },
    catalogues: { attribute: false },
    info: { state: true },
    folder: { state: true },
    isOver: { state: true },
  };
  declare server: string;
  declare token: string;
  declare language: string;
  declare workerUrl: string | URL | undefined;
  /** Words by language; a page may add its own. */
  declare catalogues: Readonly<Record<string, Messages>>;
  declare info: TokenInfo | TokenProblem | undefined;
  declare folder: FileSystemDirectoryHandle | undefined;
  declare isOver: boolean;
  #run: Run | undefined;
  #speech = new Speech([]);
  #frame = 0;
  #drawing: ReturnType<typeof setTimeout> | undefined;
  #drawnMs = 0;
  #spoken = '';
  readonly #awake = new Awake();

  constructor() {
    super();
    this.server = globalThis.location?.origin ?? '';
    this.token = '';
    this.language = '';
    this.catalogues = CATALOGUES;
    this.isOver = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('pagehide', this.#onHide);
    addEventListener('pageshow', this.#onShow);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('pagehide', this.#onHide);
    removeEventListener('pageshow', this.#onShow);
    this.#run?.close();
    this.#awake.end();
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('language') || changed.has('catalogues')) {
      this.#speech = new Speech([this.language, ...navigator.languages].filter(Boolean), this.catalogues);
    }
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('server') || changed.has('token')) void this.#open();
  }

  /** Asks what the token is for. A run of the token before ends. */
  async #open(): Promise<void> {
    this.#run?.close();
    this.#run = undefined;
    this.info = undefined;
    const { server, token, workerUrl } = this;
    if (!token) return;
    const info = await readToken(server, token);
    if (this.token !== token || this.server !== server) return;
    this.info = info;
    if ('kind' in info) return;
    this.#run = new Run(
      { server, token, info, workerUrl },
      {
        change: () => this.#changed(),
        progress: () => this.#progressed(),
        preview: () => this.renderRoot.querySelector<FileList>('darkslide-file-list')?.requestUpdate(),
        summary: (summary) => this.#fire('darkslide-summary', summaryRecord(summary)),
      },
    );
    this.folder = await rememberedFolder(info.project_uuid);
  }

  #fire(name: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  #progressed(): void {
    const run = this.#run;
    if (run?.progress) this.#fire('darkslide-progress', run.progress);
    this.#drawing ??= setTimeout(() => this.#changed(), this.#drawnMs + PROGRESS_MS - performance.now());
  }

  /** At most one drawing a frame; in a hidden tab there are no frames, and no drawing. */
  #changed(): void {
    const run = this.#run;
    this.#awake.set(run?.phase === 'running' || run?.isReading === true);
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      clearTimeout(this.#drawing);
      this.#drawing = undefined;
      this.#frame = 0;
      this.#drawnMs = performance.now();
      this.requestUpdate();
    });
  }

  #onHide = () => this.#run?.suspend();
  #onShow = () => void this.#run?.wake();

  #take(batches: AsyncIterable<PickedBatch>): void {
    void this.#run?.take(batches);
  }

  #onInput = (event: Event) => {
    const input = event.target as HTMLInputElement;
    this.#take(filesOfInput([...(input.files ?? [])]));
    input.value = '';
  };

  #onDrop = (event: DragEvent) => {
    event.preventDefault();
    this.isOver = false;
    if (!event.dataTransfer) return;
    void this.#rememberDropped(event.dataTransfer);
    this.#take(filesOfDrop(event.dataTransfer));
  };

  #onDragOver = (event: DragEvent) => {
    event.preventDefault();
    this.isOver = true;
  };

  /** Some browsers give a dropped folder for later visits. It must be asked for before the event ends. */
  async #rememberDropped({ items }: DataTransfer): Promise<void> {
    const [item] = items as unknown as { getAsFileSystemHandle?: () => Promise<FileSystemHandle | null> }[];
    if (items.length !== 1) return;
    const handle = await item?.getAsFileSystemHandle?.().catch(() => null);
    if (handle?.kind === 'directory') await this.#remember(handle as FileSystemDirectoryHandle);
  }

  async #remember(folder: FileSystemDirectoryHandle): Promise<void> {
    if (!this.info || 'kind' in this.info) return;
    await rememberFolder(this.info.project_uuid, folder).catch(() => {});
  }

  #chooseFolder = async () => {
    const { showDirectoryPicker } = window as FolderPicker;
    if (!showDirectoryPicker) return this.#input('folder').click();
    const folder = await showDirectoryPicker({ id: 'darkslide' }).catch(() => undefined);
    if (!folder) return;
    await this.#remember(folder);
    this.#take(filesOfDirectory(folder));
  };

  #continueFolder = async () => {
    const folder = this.folder as FileSystemDirectoryHandle & {
      requestPermission(options: { mode: 'read' }): Promise<PermissionState>;
    };
    if ((await folder.requestPermission({ mode: 'read' })) !== 'granted') return;
    this.folder = undefined;
    this.#take(filesOfDirectory(folder));
  };

  #input(name: 'files' | 'folder'): HTMLInputElement {
    return this.renderRoot.querySelector(`input[name=${name}]`) as HTMLInputElement;
  }

  async #save(format: keyof typeof RECEIPTS): Promise<void> {
    const run = this.#run;
    const text = await run?.receipt(format).catch((error: Error) => {
      run.notices.push(error.message);
      this.requestUpdate();
    });
    if (text === undefined) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: RECEIPTS[format] }));
    link.download = `receipt.${format}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  override render(): TemplateResult {
    const { info } = this;
    const speech = this.#speech;
    return html`
      <section lang=${speech.language} dir=${speech.direction}>
        ${info && !('kind' in info) ? this.#uploader(speech, info) : this.#notReady(speech)}
      </section>
    `;
  }

  #notReady(speech: Speech): TemplateResult {
    const { info, token } = this;
    if (!token) return html`<div class="panel bad" role="alert"><p>${speech.say('noToken')}</p></div>`;
    if (!info) return html`<p role="status">${speech.say('checking')}</p>`;
    const { kind, message } = info as TokenProblem;
    return html`
      <div class="panel bad" role="alert">
        <h2>${speech.say(kind === 'refused' ? 'linkRefused' : 'serverAway')}</h2>
        <p class="quiet" lang="en">${message}</p>
        ${kind === 'away' ? html`<button @click=${() => this.#open()}>${speech.say('tryAgain')}</button>` : nothing}
      </div>
    `;
  }

  #uploader(speech: Speech, info: TokenInfo): TemplateResult {
    const run = this.#run;
    const expires = new Date(info.expires_at).toLocaleString(speech.language, {
      dateStyle: 'medium',
      timeStyle: 'short',
    });
    return html`
      <header>
        <h2>${speech.say('uploadTo', { title: info.title ?? info.project_name })}</h2>
        <p class="quiet">
          ${info.studio_name ? speech.say('for', { studio: info.studio_name }) : nothing}
          ${speech.say('expires', { time: expires })}
          ${info.max_files === null ? nothing : speech.say('limitFiles', { n: info.max_files })}
          ${info.max_bytes === null ? nothing : speech.say('limitBytes', { size: speech.bytes(info.max_bytes) })}
        </p>
      </header>
      ${run ? this.#outcome(speech, run) : nothing}
      ${this.#drop(speech, run)}
      ${
        run && run.shoot.count > 0
          ? html`<darkslide-file-list .run=${run} .items=${run.items()} .photoState=${run.photoState} .speech=${speech}>
            </darkslide-file-list>`
          : nothing
      }
      <p class="hidden" role="status">${run ? this.#speakOf(speech, run) : ''}</p>
    `;
  }

  #drop(speech: Speech, run: Run | undefined): TemplateResult {
    const begun = run !== undefined && run.shoot.count > 0;
    const { folder } = this;
    return html`
      <div class="drop ${begun ? 'small' : ''} ${this.isOver ? 'over' : ''}" part="drop" @dragover=${this.#onDragOver}
        @dragleave=${() => {
          this.isOver = false;
        }} @drop=${this.#onDrop}>
        <strong>${speech.say('drop')}</strong>
        <div class="buttons">
          ${
            folder && !begun
              ? html`<button class="main" @click=${this.#continueFolder}>
                  ${speech.say('continueFolder', { folder: folder.name })}</button>`
              : nothing
          }
          <button class=${folder && !begun ? '' : 'main'} @click=${() => this.#input('files').click()}>
            ${speech.say('chooseFiles')}</button>
          <button @click=${this.#chooseFolder}>${speech.say('chooseFolder')}</button>
        </div>
        <input class="hidden" type="file" name="files" multiple tabindex="-1" aria-hidden="true"
          @change=${this.#onInput} />
        <input class="hidden" type="file" name="folder" webkitdirectory multiple tabindex="-1"
          aria-hidden="true" @change=${this.#onInput} />
        ${begun ? nothing : html`<p class="quiet">${speech.say('resumeHint')}</p>`}
      </div>
    `;
  }

  #outcome(speech: Speech, run: Run): TemplateResult | typeof nothing {
    const { shoot, phase, isReading, leftOut } = run;
    const left = leftOut > 0 ? html`<p class="quiet">${speech.say('leftOut', { n: leftOut })}</p>` : nothing;
    if (phase === 'running') return this.#running(speech, run, left);
    if (isReading) return html`<div class="panel"><p>${speech.say('reading', { n: shoot.count })}</p></div>`;
    if (shoot.count === 0) {
      return leftOut > 0 ? html`<div class="panel bad"><p>${speech.say('nothingChosen')}</p>${left}</div>` : nothing;
    }
    return this.#ended(speech, run, left);
  }

  #running(speech: Speech, run: Run, left: unknown): TemplateResult {
    const { progress, state, retrying } = run;
    const isPaused = state === 'paused';
    const title = state === 'sending' ? 'sending' : this.#restingOf(state);
    return html`
      <div class="panel">
        <h3>${speech.say(title)}</h3>
        <progress aria-label=${speech.say('overall')} max="1" .value=${progress ? shareOf(progress) : 0}></progress>
        ${progress ? this.#figures(speech, progress) : nothing}
        ${retrying ? html`<p class="quiet">${speech.say('retrying')} <span lang="en">${retrying}</span></p>` : nothing}
        ${left}
        <p class="quiet">${speech.say('keepOpen')}</p>
        <div class="buttons">
          <button @click=${() => (isPaused ? run.resume() : run.pause())}>${speech.say(isPaused ? 'resume' : 'pause')}</button>
          <button @click=${() => run.stop()}>${speech.say('cancel')}</button>
        </div>
      </div>
    `;
  }

  #figures(speech: Speech, { files, bytes, bytesPerSecond, secondsLeft }: Progress): TemplateResult {
    const done = files.successful + files.skipped + files.failed;
    const of = (part: string, total: string) => speech.say('progress', { done: part, total });
    return html`
      <p class="figures">
        <span>${of(done.toLocaleString(speech.language), speech.say('files', { n: files.total }))}</span>
        <span>${of(speech.bytes(bytes.done), speech.bytes(bytes.total))}</span>
        ${bytesPerSecond === null ? nothing : html`<span>${speech.say('rate', { size: speech.bytes(bytesPerSecond) })}</span>`}
        ${secondsLeft === null ? nothing : html`<span>${speech.say('left', { time: speech.duration(secondsLeft) })}</span>`}
      </p>
    `;
  }

  #ended(speech: Speech, run: Run, left: unknown): TemplateResult {
    const { shoot, phase, problem, notices } = run;
    const failed = shoot.countOf('failed');
    const isWhole = phase === 'finished' && failed === 0;
    const title =
      phase === 'stopped'
        ? speech.say('cancelled')
        : problem
          ? speech.say(problem.name === 'AuthenticationError' ? 'linkRefused' : 'serverAway')
          : isWhole
            ? speech.say('allStored', { n: shoot.count })
            : speech.say('someFailed', { n: failed });
    return html`
      <div class="panel ${isWhole ? 'good' : 'bad'}">
        <h3>${title}</h3>
        ${problem ? html`<p class="quiet" lang="en">${problem.message}</p>` : nothing}
        ${isWhole ? html`<p>${speech.say('mayClose')}</p>` : nothing}
        ${left}
        ${notices.map((notice) => html`<p class="quiet" lang="en">${notice}</p>`)}
        <div class="buttons">
          ${
            shoot.unsent > 0
              ? html`<button class="main" @click=${() => run.retry()}>${speech.say('retry', { n: shoot.unsent })}</button>`
              : nothing
          }
          ${
            shoot.results().length > 0
              ? (Object.keys(RECEIPTS) as (keyof typeof RECEIPTS)[]).map(
                  (format) => html`<button @click=${() => this.#save(format)}>
                    ${speech.say('receipt')} (${format.toUpperCase()})</button>`,
                )
              : nothing
          }
        </div>
      </div>
    `;
  }

  /** The text changes seldom, so that a screen reader says it seldom. */
  #speakOf(speech: Speech, { phase, state, progress, shoot }: Run): string {
    if (phase === 'running' && state === 'sending' && progress) {
      const step = Math.floor(shareOf(progress) * SPOKEN_STEPS) / SPOKEN_STEPS;
      this.#spoken = `${speech.say('sending')} ${speech.percent(step)}`;
    } else if (phase === 'running') {
      this.#spoken = speech.say(this.#restingOf(state));
    } else if (phase === 'finished') {
      const failed = shoot.countOf('failed');
      this.#spoken = failed > 0 ? speech.say('someFailed', { n: failed }) : speech.say('allStored', { n: shoot.count });
    }
    return this.#spoken;
  }

  #restingOf(state: Run['state']): 'paused' | 'offline' | 'planning' | 'confirming' {
    return state === 'paused' || state === 'offline' || state === 'confirming' ? state : 'planning';
  }
}

const shareOf = ({ bytes }: Progress) => (bytes.total === 0 ? 0 : bytes.done / bytes.total);
