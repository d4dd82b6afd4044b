// Follows a feed with the reference client, which stands beside it; prints a line for each thing that happens.
// @ts-expect-error: it brings no types
import WebSocket from 'ws';
import { followFeed, type Item, liveClient } from './feed.ts';

declare const process: { argv: string[]; exit: () => never };

const [url, token, after] = process.argv.slice(2);
const say = (event: unknown) => console.log(JSON.stringify(event));

const client = liveClient({
  url: url!,
  webSocketImpl: WebSocket,
  connectionParams: { Authorization: `Bearer ${token}` },
  // As the helper waits, but for a test's patience.
  retryWait: (retries) => new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(200, 10 * 2 ** retries))),
});
client.on('connected', (_socket, _payload, again) => say({ connected: again }));
followFeed<Item & { id: string }>(client, {
  query: `subscription ($after: Cursor) {
    feed(after: $after) { __typename cursor ... on Event { id } ... on ResyncRequired { reason } } }`,
  after: after!,
  onItem: ({ id, cursor }) => say({ id, cursor }),
  onResync: () => say('resync'),
  onEnd: (why, cursor) => {
    say({ ended: why && typeof why === 'object' && 'code' in why ? why.code : why, after: cursor });
    process.exit();
  },
});
