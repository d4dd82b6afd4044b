// Drives the graphql-ws client against the address given; prints what it saw as JSON.
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const [url, token] = process.argv.slice(2);

const connect = (options) => createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });

const results = async (client, query, variables) => {
  const seen = [];
  try {
    for await (const result of client.iterate({ query, variables })) seen.push(result);
  } catch (error) {
    seen.push(Array.isArray(error) ? { errors: error } : { code: error.code, reason: error.reason });
  }
  return seen;
};

const client = connect({ connectionParams: async () => ({ Authorization: `Bearer ${token}` }), keepAlive: 20 });
const live = client.iterate({ query: 'subscription { forever }' });
const first = (await live.next()).value;
const seen = {
  first,
  query: await results(client, 'query ($text: String!) { echo(text: $text) me }', { text: 'ü' }),
  mutation: await results(client, 'mutation { add(by: 2) }'),
  subscription: await results(client, 'subscription { count(to: 3) }'),
  syntax: await results(client, '{'),
  refusedOnTheWay: await results(client, 'subscription { behind }'),
  afterwards: await results(client, '{ hello }'),
  ended: (await live.return()).done,
};
await client.dispose();

seen.badToken = await results(connect({ connectionParams: { authorization: 'Bearer nobody' } }), '{ hello }');
seen.anonymous = await results(connect({}), '{ me }');
console.log(JSON.stringify(seen));
