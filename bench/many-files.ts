import { measureManyFiles } from './support/many-files.ts';

export { description, target } from './support/many-files.ts';

export const run = () => measureManyFiles();
