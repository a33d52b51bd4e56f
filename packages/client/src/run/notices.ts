/** Notices that are emitted once each. */
export function createNotices(onEvent: (event: { type: 'notice'; message: string }) => void) {
  const messages = new Set<string>();
  const notice = (message: string) => {
    if (messages.has(message)) return;
    messages.add(message);
    onEvent({ type: 'notice', message });
  };
  return { notice, notices: () => [...messages] };
}
