"""Organizations that are followed: people with tokens, and a ticket on which somebody writes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import orjson

from benchmarks.raw_http import post
from graphql_api.ids import encode
from models.actors import Actor, Role
from models.database import Database
from resolvers.organizations import add_member, create_organization, member_token
from resolvers.tickets import NewTicket, create_ticket

WRITE = """mutation($input: AddMessageInput!) { addMessage(input: $input) {
  __typename ... on Message { id } ... on Problem { code message } } }"""


@dataclass
class Tenant:
    """An organization, its agents' tokens, and its ticket."""

    id: UUID
    tokens: list[str]
    ticket: UUID
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def message(self) -> bytes:
        """The request that writes a note on the ticket: one event for every agent."""
        body = f"Note {next(self._numbers)}."
        return self.note(body)

    def note(self, body: str) -> bytes:
        """The request that writes this note."""
        given = {"ticketId": encode("tkt", self.ticket), "body": body, "internal": True}
        asked = {"query": WRITE, "variables": {"input": given}}
        return post("/graphql", orjson.dumps(asked), self.tokens[0])

    def cursor(self) -> bytes:
        """The request for where its feed stands."""
        return post("/graphql", orjson.dumps({"query": "{ feedCursor }"}), self.tokens[0])


async def found(database: Database, name: str, agents: int) -> Tenant:
    """A new organization with so many agents, each with a token."""
    organization = await create_organization(database, name, name, service_levels=False)
    tokens = [
        await member_token(database, organization, f"agent{each}@example.test", Role.AGENT, "benchmark")
        for each in range(agents)
    ]
    member = await add_member(database, organization, Role.CUSTOMER, "Customer", "customer@example.test")
    customer = Actor.member(database, organization, member.id, Role.CUSTOMER)
    asked = NewTicket(subject="The printer on the second floor", body="It does not print.")
    return Tenant(organization, tokens, await create_ticket(customer, asked))
