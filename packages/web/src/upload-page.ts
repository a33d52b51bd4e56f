/// <reference lib="dom" />
/** The script of the page at `/upload`. */
import './define.ts';
import type { DarkslideUploader } from './view/uploader.ts';

/** With Trusted Types on, the only script that this page starts is its own worker. */
const trusted = (globalThis as { trustedTypes?: TrustedTypePolicyFactory }).trustedTypes?.createPolicy('darkslide', {
  createScriptURL: (url) => url,
});
type TrustedTypePolicyFactory = {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string };
};

const here = new URL(import.meta.url);
const worker = new URL('worker.js', here).href;
const uploader = document.createElement('darkslide-uploader') as DarkslideUploader;
uploader.server = new URL('..', here).href.replace(/\/$/, '');
uploader.workerUrl = trusted?.createScriptURL(worker) ?? worker;
const open = () => {
  uploader.token = decodeURIComponent(location.hash.slice(1));
};
open();
window.addEventListener('hashchange', open);
// Outside the element, a dropped file would take the place of the page.
for (const name of ['dragover', 'drop']) window.addEventListener(name, (event) => event.preventDefault());
document.querySelector('main')?.append(uploader);
