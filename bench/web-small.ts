import { compareInBrowser } from './support/web/compare.ts';

export const description =
  '2,000 files of 200 KB from Chromium to the embedded store, by our page, by Uppy, and by a bare XMLHttpRequest loop';
export const target = 'ahead of Uppy, and 0.9 of the loop, with verification';

export const run = () => compareInBrowser({ count: 2000, size: 200_000 });
