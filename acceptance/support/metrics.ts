import assert from 'node:assert/strict';
import { request } from '@darkslide/testkit';

/** What a scrape gave: every series by its name and labels, as the text writes them, and every name. */
export class Scrape {
  readonly #series: Map<string, number>;
  /** Of all that is exported, with or without a series. */
  readonly names: ReadonlySet<string>;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    this.#series = new Map(
      [...text.matchAll(/^([a-z_:]+(?:\{.*\})?) (\S+)$/gm)].map(([, name, value]) => [name as string, Number(value)]),
    );
    this.names = new Set(
      [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].flatMap(([, name = '', type]) =>
        type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name],
      ),
    );
  }

  /** 0 where there is no such series yet. */
  value(name: string, labels: Readonly<Record<string, string>> = {}): number {
    const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return this.#series.get(pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`) ?? 0;
  }
}

export async function scrape(url: string, token?: string): Promise<Scrape> {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const answer = await request({ url, headers });
  assert.equal(answer.status, 200, answer.text.slice(0, 500));
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/);
  return new Scrape(answer.text);
}
