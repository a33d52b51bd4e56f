/** A URL without the user and the password that may be in it, for messages. */
export function shownUrl(text: string): string {
  const url = URL.parse(text);
  // Where it can't be read, anything before an @ may be a password.
  if (!url?.host) return text.slice(text.lastIndexOf('@') + 1);
  if (!url.username && !url.password) return text;
  url.username = '';
  url.password = '';
  return url.href.replace(/\/$/, '');
}

/** What `Authorization` says for the user and the password in a URL (RFC 7617); undefined where there is none. */
export function basicCredentials({ username, password }: URL): string | undefined {
  if (!username && !password) return undefined;
  const bytes = new TextEncoder().encode(`${decoded(username)}:${decoded(password)}`);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The upload page of a server. The token is in the fragment, so that it is in no log. */
export function uploadPageUrl(server: string, token: string): string {
  const url = new URL(shownUrl(server));
  url.pathname = `${url.pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/upload`;
  url.hash = token;
  return url.href;
}
