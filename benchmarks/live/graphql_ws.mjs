// graphql-ws on Node: an async generator for each subscriber, as its own recipes have it. POST /publish sends to all.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../tests/node/package.json', import.meta.url));
const { buildSchema } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');

const schema = buildSchema(`
  type Query { hello: String }
  type User { name: String! }
  type Ticket { id: ID! number: Int! subject: String! status: String! version: Int! }
  type Message { id: ID! body: String! internal: Boolean! }
  interface FeedItem { cursor: String! }
  interface Event implements FeedItem {
    cursor: String! id: ID! occurredAt: String! actorKind: String! actor: User! ticket: Ticket!
  }
  type MessageAdded implements Event & FeedItem {
    cursor: String! id: ID! occurredAt: String! actorKind: String! actor: User! ticket: Ticket! message: Message!
  }
  type Subscription { feed: FeedItem! }
`);

const event = JSON.parse(process.env.EVENT);
const subscribers = new Set();

async function* feed() {
  const waiting = [];
  let wake = () => {};
  const subscriber = (each) => { waiting.push(each); wake(); };
  subscribers.add(subscriber);
  try {
    while (true) {
      while (waiting.length) yield { feed: waiting.shift() };
      await new Promise((resolve) => { wake = resolve; });
    }
  } finally {
    subscribers.delete(subscriber);
  }
}

const server = createServer((request, response) => {
  for (const subscriber of subscribers) subscriber(event);
  response.end();
});
const sockets = new WebSocketServer({ server, path: '/graphql', perMessageDeflate: false });
useServer({ schema, roots: { subscription: { feed } } }, sockets);
server.listen(Number(process.env.PORT), '127.0.0.1');
