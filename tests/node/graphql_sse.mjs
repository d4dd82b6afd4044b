// Drives the graphql-sse client (distinct connections) against the address given; prints what it saw as JSON.
import { createClient } from 'graphql-sse';

const [url, token] = process.argv.slice(2);
const client = createClient({ url, retryAttempts: 0, headers: { Authorization: `Bearer ${token}` } });

const results = async (client, query, variables) => {
  const seen = [];
  try {
    for await (const result of client.iterate({ query, variables })) seen.push(result);
  } catch (error) {
    seen.push({ status: error.response?.status ?? String(error) });
  }
  return seen;
};

const live = client.iterate({ query: 'subscription { forever }' });
const seen = {
  first: (await live.next()).value,
  ended: (await live.return()).done,
  query: await results(client, 'query ($text: String!) { echo(text: $text) me }', { text: 'a\nü' }),
  mutation: await results(client, 'mutation { add(by: 2) }'),
  subscription: await results(client, 'subscription { count(to: 3) }'),
  syntax: await results(client, '{'),
  refusedOnTheWay: await results(client, 'subscription { behind }'),
  badToken: await results(createClient({ url, retryAttempts: 0, headers: { Authorization: 'Bearer no' } }), '{ me }'),
};
console.log(JSON.stringify(seen));
