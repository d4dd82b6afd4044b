"""The three questions as each server spells them, and answers brought to one form, so that they can be compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import orjson

from benchmarks.raw_http import get, post
from graphql_api.ids import encode

PAGE = 50

_TICKET = "id number subject status priority createdAt requester { id name email } assignee { id name }"
_MESSAGE = "id body authorKind internal createdAt author { id name }"
_ROW = """id number subject status priority createdAt updatedAt firstRespondedAt resolvedAt reopenCount
  messageCount tags requester { id name email } assignee { id name }"""


class Spelling(Protocol):
    """How a server is asked, and how it answers."""

    def ticket(self, id: UUID) -> bytes:
        """The request for a ticket with its people, tags and last 5 messages."""
        ...

    def tickets(self, organization: UUID) -> bytes:
        """The request for an organization's newest 50 tickets."""
        ...

    def add_message(self, ticket: UUID, author: UUID, body: str) -> bytes:
        """The request that writes on a ticket and reads 4 fields back."""
        ...

    def read(self, answer: bytes) -> Any:
        """What an answer says, whoever gave it."""
        ...


@dataclass(frozen=True, slots=True)
class Product:
    """The product's own, in the name of the token's member."""

    token: str

    def ticket(self, id: UUID) -> bytes:
        """By the opaque id."""
        query = (
            f"query($id: ID!) {{ ticket(id: $id) {{ {_TICKET} tags messages(last: 5) {{ nodes {{ {_MESSAGE} }} }} }} }}"
        )
        return self._post(query, id=encode("tkt", id))

    def tickets(self, organization: UUID) -> bytes:
        """Of the token's organization."""
        return self._post(f"query($first: Int) {{ tickets(first: $first) {{ nodes {{ {_ROW} }} }} }}", first=PAGE)

    def add_message(self, ticket: UUID, author: UUID, body: str) -> bytes:
        """The author is who the token says."""
        query = """mutation($input: AddMessageInput!) { addMessage(input: $input) {
  __typename ... on Message { id body authorKind createdAt } ... on Problem { code message } } }"""
        return self._post(query, input={"ticketId": encode("tkt", ticket), "body": body})

    def read(self, answer: bytes) -> Any:
        """The one root field."""
        return plain(_only(orjson.loads(answer)["data"]))

    def _post(self, query: str, **variables: Any) -> bytes:
        return _graphql(query, variables, self.token)


@dataclass(frozen=True, slots=True)
class Idiomatic:
    """Strawberry, Tortoise and DataLoaders."""

    def ticket(self, id: UUID) -> bytes:
        """By its key."""
        query = f"query($id: UUID!) {{ ticket(id: $id) {{ {_TICKET} tags messages(last: 5) {{ {_MESSAGE} }} }} }}"
        return _graphql(query, {"id": str(id)}, path="/graphql/")

    def tickets(self, organization: UUID) -> bytes:
        """Of the organization."""
        query = f"query($of: UUID!, $first: Int!) {{ tickets(organizationId: $of, first: $first) {{ {_ROW} }} }}"
        return _graphql(query, {"of": str(organization), "first": PAGE}, path="/graphql/")

    def add_message(self, ticket: UUID, author: UUID, body: str) -> bytes:
        """The author is an argument."""
        query = """mutation($ticket: UUID!, $author: UUID!, $body: String!) {
  addMessage(ticketId: $ticket, authorId: $author, body: $body) { id body authorKind createdAt } }"""
        variables = {"ticket": str(ticket), "author": str(author), "body": body}
        return _graphql(query, variables, path="/graphql/")

    def read(self, answer: bytes) -> Any:
        """The one root field."""
        return plain(_only(orjson.loads(answer)["data"]))


_PERSON = "id: rowId name"
_PEOPLE = f"""requester: supportMembershipByRequesterId {{ {_PERSON} email }}
  assignee: supportMembershipByAssigneeId {{ {_PERSON} }}
  tags: supportTicketTagsByTicketId(orderBy: [NAME_ASC]) {{ nodes {{ name }} }}"""


@dataclass(frozen=True, slots=True)
class PostGraphile:
    """PostGraphile's names of our tables."""

    def ticket(self, id: UUID) -> bytes:
        """By its key."""
        message = f"id: rowId body authorKind internal createdAt author: supportMembershipByAuthorId {{ {_PERSON} }}"
        query = f"""query($id: UUID!) {{ supportTicketByRowId(rowId: $id) {{
  id: rowId number subject status priority createdAt {_PEOPLE}
  messages: supportTicketMessagesByTicketId(last: 5, orderBy: [CREATED_AT_ASC, ROW_ID_ASC]) {{
    nodes {{ {message} }} }} }} }}"""
        return _graphql(query, {"id": str(id)})

    def tickets(self, organization: UUID) -> bytes:
        """Of the organization."""
        which = "condition: {organizationId: $of}, first: $first, orderBy: [CREATED_AT_DESC, ROW_ID_DESC]"
        query = f"""query($of: UUID!, $first: Int!) {{ allSupportTickets({which}) {{ nodes {{
  id: rowId number subject status priority createdAt updatedAt firstRespondedAt resolvedAt reopenCount messageCount
  {_PEOPLE} }} }} }}"""
        return _graphql(query, {"of": str(organization), "first": PAGE})

    def add_message(self, ticket: UUID, author: UUID, body: str) -> bytes:
        """By the database's function."""
        query = """mutation($input: PostgraphileBenchmarkAddMessageInput!) {
  postgraphileBenchmarkAddMessage(input: $input) { result { id: rowId body authorKind createdAt } } }"""
        return _graphql(query, {"input": {"ticketId": str(ticket), "authorId": str(author), "body": body}})

    def read(self, answer: bytes) -> Any:
        """The one root field, without what only wraps it."""
        found = _only(orjson.loads(answer)["data"])
        return _without_wrappers(plain(found.get("result", found)))


def _without_wrappers(value: Any) -> Any:
    """Tags as names instead of as rows that have a name."""
    match value:
        case list():
            return [_without_wrappers(each) for each in value]
        case {"tags": tags, **rest}:
            return {**rest, "tags": [tag["name"] for tag in tags]}
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Floor:
    """Paths of a hand-written endpoint."""

    def ticket(self, id: UUID) -> bytes:
        """By its key."""
        return get(f"/tickets/{id}")

    def tickets(self, organization: UUID) -> bytes:
        """Of the organization."""
        return get(f"/organizations/{organization}/tickets")

    def add_message(self, ticket: UUID, author: UUID, body: str) -> bytes:
        """The author is in the body."""
        return post(f"/tickets/{ticket}/messages", orjson.dumps({"author": str(author), "body": body}))

    def read(self, answer: bytes) -> Any:
        """The whole."""
        return plain(orjson.loads(answer))


def _graphql(query: str, variables: Mapping[str, Any], token: str = "", path: str = "/graphql") -> bytes:
    return post(path, orjson.dumps({"query": query, "variables": variables}), token)


def _only(data: Mapping[str, Any]) -> Any:
    (value,) = data.values()
    return value


_OPAQUE = re.compile(r"[a-z]{3}_([0-9a-f]{32})")
_ENUMS = {"status", "priority", "authorKind"}


def plain(value: Any, name: str = "") -> Any:
    """A value in the form that all share: lists without connections, keys, instants and enums written one way."""
    match value:
        case {"nodes": nodes, **rest} if not rest:
            return plain(nodes, name)
        case dict():
            return {key: plain(each, key) for key, each in value.items() if key != "__typename"}
        case list():
            return [plain(each, name) for each in value]
        case str() if opaque := _OPAQUE.fullmatch(value):
            return str(UUID(opaque[1]))
        case str() if name in _ENUMS:
            return value.lower()
        case str() if name.endswith("At"):
            # The product stores milliseconds only; what was seeded has more digits than it shows.
            return datetime.fromisoformat(value).astimezone(UTC).isoformat(timespec="milliseconds")
        case _:
            return value
