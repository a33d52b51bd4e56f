import type { Messages } from './catalogue.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import { es } from './es.ts';
import { fr } from './fr.ts';

/** The languages that come with the page. A page may add its own: `uploader.catalogues = { ...uploader.catalogues, it }`. */
export const CATALOGUES: Readonly<Record<string, Messages>> = { en, de, fr, es };

const RIGHT_TO_LEFT = new Set(['ar', 'arc', 'dv', 'fa', 'he', 'ku', 'ps', 'sd', 'ug', 'ur', 'yi']);

/** Says things in one language. */
export class Speech {
  readonly language: string;
  readonly #messages: Messages;
  readonly #plurals: Intl.PluralRules;
  readonly #numbers: Intl.NumberFormat;
  readonly #formats = new Map<string, Intl.NumberFormat>();

  constructor(wanted: readonly string[], catalogues: Readonly<Record<string, Messages>> = CATALOGUES) {
    const known = wanted.flatMap((tag) => [tag, tag.split('-')[0] ?? '']).find((tag) => tag in catalogues);
    this.language = known ?? 'en';
    this.#messages = catalogues[this.language] ?? en;
    this.#plurals = new Intl.PluralRules(this.language);
    this.#numbers = new Intl.NumberFormat(this.language);
  }

  get direction(): 'ltr' | 'rtl' {
    return RIGHT_TO_LEFT.has(this.language.split('-')[0] ?? '') ? 'rtl' : 'ltr';
  }

  /** The plural form is that of `values.n`. A message that a catalogue lacks is said in English. */
  say(name: keyof typeof en, values: Readonly<Record<string, string | number>> = {}): string {
    const message = this.#messages[name] ?? en[name];
    const { n } = values;
    const form = typeof n === 'number' ? this.#plurals.select(n) : 'other';
    const text = typeof message === 'string' ? message : (message[form] ?? message.other ?? '');
    return text.replace(/\{(\w+)\}/g, (_, key: string) => this.#shown(values[key] ?? ''));
  }

  /** Decimal, as cards and disks are sold. */
  bytes(bytes: number): string {
    const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
    const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
    const value = bytes / 1000 ** step;
    const maximumFractionDigits = step === 0 || value >= 99.5 ? 0 : 1;
    return this.#unit(units[step] as string, { maximumFractionDigits }).format(value);
  }

  duration(seconds: number): string {
    const part = (value: number, unit: string) => this.#unit(unit, { unitDisplay: 'short' }).format(value);
    const whole = Math.max(1, Math.round(seconds));
    if (whole < 60) return part(whole, 'second');
    const minutes = Math.round(whole / 60);
    if (minutes < 60) return part(minutes, 'minute');
    return `${part(Math.floor(minutes / 60), 'hour')} ${part(minutes % 60, 'minute')}`;
  }

  percent(share: number): string {
    return this.#format('percent', { style: 'percent' }).format(share);
  }

  /** With its sign, as offsets of exposures are written. */
  signed(value: number): string {
    const options = { maximumFractionDigits: 1, signDisplay: 'exceptZero' } as const;
    return this.#format('signed', options).format(value).replace('-', '−');
  }

  #unit(unit: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return this.#format(`${unit} ${options.maximumFractionDigits}`, { style: 'unit', unit, ...options });
  }

  /** Kept, as to make one takes longer than to use it a hundred times. */
  #format(key: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
    const format = this.#formats.get(key) ?? new Intl.NumberFormat(this.language, options);
    this.#formats.set(key, format);
    return format;
  }

  #shown = (value: string | number) => (typeof value === 'number' ? this.#numbers.format(value) : value);
}
