// PostGraphile 5 with its own preset on the product's tables: no authentication, no limits, nothing but GraphQL.
import { createServer } from "node:http";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL,
      schemas: ["public", "postgraphile_benchmark"],
      poolConfig: { max: 8 },
    }),
  ],
  grafserv: { graphiql: false, websockets: false },
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
// Only then: the schema is made once, before anybody is let in.
await instance.getSchema();
server.listen(Number(process.env.PORT), "127.0.0.1");
