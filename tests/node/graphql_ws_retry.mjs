// A graphql-ws client whose connection is closed from the server's side: prints a line for each thing that happens.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const say = (event) => console.log(JSON.stringify(event));
const client = createClient({
  url: process.argv[2],
  webSocketImpl: WebSocket,
  retryAttempts: 5,
  retryWait: async () => {},
  shouldRetry: () => true,
});
client.on('closed', ({ code, reason }) => say({ closed: code, reason }));
client.subscribe(
  { query: 'subscription { forever }' },
  {
    next: ({ data }) => say(data),
    error: (error) => say({ failed: error.code ?? String(error) }),
    complete: () => say('complete'),
  },
);
