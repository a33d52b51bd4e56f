import { MB } from './support/cost.ts';
import { compareInBrowser } from './support/web/compare.ts';

export const description =
  '40 files of 30 MB from Chromium to the embedded store, by our page, by Uppy, and by a bare XMLHttpRequest loop';
export const target = 'ahead of Uppy, and 0.9 of the loop, with verification';

export const run = () => compareInBrowser({ count: 40, size: 30 * MB });
