/** The element's classes. `@darkslide/web/define` registers them. */
export type { Messages } from './messages/catalogue.ts';
export { CATALOGUES } from './messages/messages.ts';
export { FileList } from './view/file-list.ts';
export { DarkslideUploader } from './view/uploader.ts';
