// Runs the graphql-http audits against the address given, as the owner of the token; prints their results as JSON.
import { serverAudits } from 'graphql-http';

const [url, token] = process.argv.slice(2);
const fetchFn = (address, { headers, ...rest } = {}) =>
  fetch(address, { ...rest, headers: { ...headers, authorization: `Bearer ${token}` } });
const results = await Promise.all(serverAudits({ url, fetchFn }).map(({ fn }) => fn()));
console.log(
  JSON.stringify(results.map(({ id, name, status, ...rest }) => ({ id, name, status, reason: rest.reason ?? null }))),
);
