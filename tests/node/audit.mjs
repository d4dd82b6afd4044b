// Runs the graphql-http audits against the address given; prints their results as JSON.
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: process.argv[2] });
const results = await Promise.all(audits.map(({ fn }) => fn()));
console.log(
  JSON.stringify(results.map(({ id, name, status, ...rest }) => ({ id, name, status, reason: rest.reason ?? null }))),
);
