/// <reference lib="dom" />

import { FileList } from './view/file-list.ts';
import { DarkslideUploader } from './view/uploader.ts';

/** Registers the elements. A page may load this twice. */
for (const [name, element] of [
  ['darkslide-file-list', FileList],
  ['darkslide-uploader', DarkslideUploader],
] as const) {
  if (!customElements.get(name)) customElements.define(name, element);
}
