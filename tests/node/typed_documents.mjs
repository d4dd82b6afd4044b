// Makes TypeScript of a schema and operations, as graphql-codegen's command does: stdin has the settings as JSON.
import { codegen } from '@graphql-codegen/core';
import * as documentNodes from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as operations from '@graphql-codegen/typescript-operations';
import { buildSchema, parse } from 'graphql';
import { text } from 'node:stream/consumers';

const { schema, documents, filename, plugins, config } = JSON.parse(await text(process.stdin));
const written = await codegen({
  schema: parse(schema),
  schemaAst: buildSchema(schema),
  documents: documents.map((document, position) => ({ location: `${position}.graphql`, document: parse(document) })),
  filename,
  config,
  plugins: plugins.map((name) => ({ [name]: {} })),
  pluginMap: { typescript, 'typescript-operations': operations, 'typed-document-node': documentNodes },
});
console.log(written);
