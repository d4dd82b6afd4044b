// Drives urql's exchanges over graphql-ws against the helpdesk given; prints what it saw as JSON, a line at a time.
import { Client, cacheExchange, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, token] = process.argv.slice(2);
const Authorization = `Bearer ${token}`;
const sockets = createClient({
  url: url.replace(/^http/, 'ws'),
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  connectionParams: { Authorization },
});
const client = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers: { Authorization } },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query: query ?? '', variables }, sink) }),
      }),
    }),
  ],
});

const say = (line) => console.log(JSON.stringify(line));
const create = (subject) =>
  client
    .mutation(gql`mutation ($input: CreateTicketInput!) { createTicket(input: $input) { ... on Ticket { id } } }`, {
      input: { subject, body: 'Please help.' },
    })
    .toPromise();

const { data } = await client.query(gql`{ feedCursor tickets { nodes { subject } } }`, {}).toPromise();
say({ tickets: data.tickets.nodes });

const FEED = gql`subscription ($after: Cursor) {
  feed(after: $after) { __typename cursor ... on TicketCreated { ticket { subject } } }
}`;
const follow = (after, count) =>
  new Promise((resolve) => {
    const events = [];
    const { unsubscribe } = client.subscription(FEED, { after }).subscribe((result) => {
      events.push(result.error ? { code: result.error.graphQLErrors[0]?.extensions.code } : result.data.feed);
      if (events.length < count) return;
      unsubscribe();
      resolve(events);
    });
  });

await create('First');
const first = await follow(data.feedCursor, 2);
say({ first: first.map(({ cursor, ...event }) => event) });

const waiting = follow(first[1].cursor, 2);
await create('Second');
const second = await waiting;
say({ second: second.map(({ cursor, ...event }) => event) });
say({ refused: await follow('made up', 1) });

await sockets.dispose();
