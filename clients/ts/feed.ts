// Follows a helpdesk feed over graphql-ws without a gap or a double, through lost connections and restarts. Copy it.
import { type Client, type ClientOptions, createClient, type FormattedExecutionResult } from 'graphql-ws';

/** What every item of a feed has: ask for both fields. */
export interface Item {
  __typename: string;
  cursor: string;
}

export interface Following<I extends Item> {
  /** A subscription with one root field and a variable `$after: Cursor`. */
  query: string;
  variables?: Record<string, unknown>;
  /** Where to begin: `feedCursor` of the query that you show, or the last cursor that you were told of. */
  after: string;
  /** Called once for each event, in order. */
  onItem: (item: I) => void;
  /** The feed can't tell what happened after your cursor: fetch all afresh. Events go on meanwhile; compare `version`. */
  onResync: () => void;
  /** It has ended for good: a CloseEvent (4401: sign in again; 4403: no longer a member) or GraphQL errors. */
  onEnd: (why: unknown, after: string) => void;
}

const SIGNED_OUT = [4401, 4403];
const PONG_WITHIN = 5_000;
const isClose = (why: unknown): why is CloseEvent => typeof why === 'object' && why !== null && 'code' in why;
const sleep = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

/** A client that comes back after everything but a refusal, each at another moment: a thousand were cut off at once. */
export function liveClient(options: ClientOptions): Client {
  let pongIsLate: ReturnType<typeof setTimeout>;
  const client = createClient({
    keepAlive: 10_000,
    retryAttempts: Infinity,
    retryWait: (retries) => sleep(Math.random() * Math.min(20_000, 500 * 2 ** retries)),
    shouldRetry: (why) => !isClose(why) || !SIGNED_OUT.includes(why.code),
    ...options,
  });
  client.on('ping', (received) => {
    // A connection that is gone may look open for minutes.
    if (!received) pongIsLate = setTimeout(() => client.terminate(), PONG_WITHIN);
  });
  client.on('pong', () => clearTimeout(pongIsLate));
  client.on('closed', () => clearTimeout(pongIsLate));
  return client;
}

/** Follow until the function that is returned is called, or the server says that there is no going on. */
export function followFeed<I extends Item>(client: Client, following: Following<I>): () => void {
  // graphql-ws sends this very object again when it has reconnected: it must hold the newest cursor by then.
  const variables: Record<string, unknown> & { after: string } = { ...following.variables, after: following.after };
  let stopped = false;
  let stop = () => {};

  const next = ({ data, errors }: FormattedExecutionResult<Record<string, I>>) => {
    const item = Object.values(data ?? {})[0];
    if (stopped) return;
    // An event of which a part could not be shown still moves the feed on; one without a cursor would be lost.
    if (!item) return end(errors);
    if (item.cursor === variables.after && item.__typename !== 'ResyncRequired') return;
    variables.after = item.cursor;
    if (item.__typename === 'ResyncRequired') following.onResync();
    else following.onItem(item);
  };

  const end = (why: unknown) => {
    if (stopped) return;
    stopped = true;
    stop();
    following.onEnd(why, variables.after);
  };

  const failed = async (why: unknown) => {
    if (!Array.isArray(why) || !why.some(({ extensions }) => extensions?.code === 'RESUME_REQUIRED')) return end(why);
    // We were too slow, or the server is about to stop: nothing is lost.
    await sleep(Math.random() * 500);
    if (!stopped) subscribe();
  };

  const subscribe = () => {
    const sink = { next, error: failed, complete: () => end(null) };
    stop = client.subscribe<Record<string, I>>({ query: following.query, variables }, sink);
  };

  subscribe();
  return () => {
    stopped = true;
    stop();
  };
}
