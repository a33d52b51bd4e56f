/**
 * Where files are PUT, asked for at once: `{ name: { url, headers } }`. The page's address tells the server, project and
 * token. Links are signed for an empty content type.
 */
export async function linksOf(names) {
  const { server, path, token } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  const response = await fetch(`${server}${path}/get_temporary_upload_links`, {
    method: 'POST',
    headers: { 'x-api-key': token, 'content-type': 'application/json' },
    body: JSON.stringify({ files_list: names.map((file_name) => ({ file_name })) }),
  });
  if (!response.ok) throw new Error(`The links were refused with ${response.status}`);
  const { files_list: files } = (await response.json()).data;
  return Object.fromEntries(
    files.map(({ file_name, upload_link: url, headers }) => [
      file_name,
      { url, headers: { ...headers, 'content-type': '' } },
    ]),
  );
}
