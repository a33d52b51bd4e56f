// Asks the platform's server for an upload token, and loads the element from darkslide.
const note = document.querySelector('#note');
const uploader = document.querySelector('darkslide-uploader');

const response = await fetch('/upload-token', { method: 'POST' });
if (response.ok) {
  const { server, token, customer } = await response.json();
  note.textContent = `You are signed in as ${customer}.`;
  uploader.setAttribute('server', server);
  uploader.setAttribute('token', token);
  await import(`${server}/upload/element.js`).catch(() => {
    note.textContent = `${server} cannot be reached from ${location.origin}.`;
  });
} else if (response.status !== 401) {
  note.textContent = (await response.json()).message;
}

uploader.addEventListener('darkslide-progress', ({ detail: { bytes } }) => {
  document.title = `${Math.floor((100 * bytes.done) / (bytes.total || 1))} % of your photos`;
});

// This is for the customer only. What arrived is known to your server by `GET /v1/projects/{uuid}/files`.
uploader.addEventListener('darkslide-summary', ({ detail: { total, failed } }) => {
  document.title = 'Send your photos';
  note.textContent =
    failed === 0 ? `Thank you: ${total} photos are stored.` : `${failed} of ${total} photos are not stored.`;
});
