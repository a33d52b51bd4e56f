/**
 * Uppy at its defaults: a single PUT below 100 MB, six at a time, and a link for each file when its turn comes. With
 * `list=yes` in the address it shows the files in its dashboard, and sends none.
 */
import AwsS3 from '@uppy/aws-s3';
import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import { linksOf } from './links.js';

const isList = new URLSearchParams(location.hash.slice(1)).has('list');
const uppy = new Uppy({ autoProceed: !isList });
if (isList) uppy.use(Dashboard, { inline: true, target: '#uppy' });
uppy.use(AwsS3, {
  generateObjectKey: ({ name }) => name,
  async signRequest({ key }) {
    return (await linksOf([key]))[key];
  },
});
uppy.on('upload-error', (file, error) => console.error(`${file?.name}: ${error.message}`));
uppy.on('complete', ({ successful }) => {
  globalThis.uploadEnded(successful.length);
});

for (const input of document.querySelectorAll('input')) {
  input.addEventListener('change', ({ target }) => {
    const files = [...target.files].map((data) => {
      const { name, type, webkitRelativePath: relativePath } = data;
      return { name, type, data, meta: { relativePath } };
    });
    uppy.addFiles(files);
    globalThis.filesAdded = files.length;
  });
}
