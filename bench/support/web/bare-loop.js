/** The least that a page can do: all links at once, then PUTs, five at a time, without any proof. */
import { linksOf } from './links.js';

const AT_ONCE = 5;

document.querySelector('input').addEventListener('change', async ({ target }) => {
  const files = [...target.files];
  const links = await linksOf(files.map(({ name }) => name));
  const queue = files.values();
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const file of queue) await put(links[file.name], file);
    }),
  );
  globalThis.uploadEnded(files.length);
});

function put({ url, headers }, file) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.onload = () => (request.status === 200 ? resolve() : reject(new Error(`A PUT got ${request.status}`)));
    request.onerror = () => reject(new Error('A PUT got no response'));
    request.send(file);
  });
}
