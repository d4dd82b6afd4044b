"""Clients that send random mutations, each with a key, again and again until they are told what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx

from graphql_api.ids import decode

TICKET = "... on Ticket { id number status priority tags }"
CREATE = f"""mutation($words: String!, $email: String!) {{ done: createTicket(input: {{
  subject: $words, body: $words, onBehalfOf: {{email: $email}} }}) {{
  __typename {TICKET} ... on Problem {{ code message }} }} }}"""
WRITE = """mutation($id: ID!, $words: String!, $internal: Boolean!) { done: addMessage(input: {
  ticketId: $id, body: $words, internal: $internal }) { __typename
  ... on Message { id ticket { id number status priority tags } } ... on Problem { code message } } }"""
PRIORITY = f"""mutation($id: ID!, $priority: TicketPriority!) {{ done: updateTicket(input: {{
  ticketId: $id, priority: $priority }}) {{ __typename {TICKET} ... on Problem {{ code message }} }} }}"""
TAG = f"""mutation($id: ID!, $tag: String!) {{ done: addTicketTags(ticketId: $id, tags: [$tag]) {{
  __typename {TICKET} ... on Problem {{ code message }} }} }}"""
RESOLVE = f"""mutation($id: ID!) {{ done: resolveTicket(ticketId: $id) {{
  __typename {TICKET} ... on Problem {{ code message }} }} }}"""
REOPEN = f"""mutation($id: ID!) {{ done: reopenTicket(ticketId: $id) {{
  __typename {TICKET} ... on Problem {{ code message }} }} }}"""
DRAFT = """mutation($id: ID!) { done: suggestReply(ticketId: $id) {
  __typename ... on Suggestion { id } ... on Problem { code message } } }"""

PRIORITIES = ("LOW", "MEDIUM", "HIGH", "URGENT")
MESSAGES_LIMIT = 12
# How many answers a client takes for lost and asks for again: with its key it is told the same.
FORGOTTEN = 0.02


@dataclass
class Known:
    """A ticket as its one client has last been told that it is."""

    id: UUID
    email: str
    words: str
    number: int
    status: str
    priority: str
    tags: list[str]
    messages: dict[UUID, tuple[str, bool]] = field(default_factory=dict)
    """By id: the words, and whether it is a note."""
    resolved: int = 0
    reopened: int = 0

    @property
    def gid(self) -> str:
        """The id as the API has it."""
        return f"tkt_{self.id.hex}"


@dataclass
class Ledger:
    """What an organization's clients were told. `lost` counts tries without an answer, `odd` are answers that no fault
    explains."""

    organization_id: UUID
    token: str
    emails: tuple[str, ...]
    tickets: list[Known] = field(default_factory=list)
    drafts: list[UUID] = field(default_factory=list)
    """Those that were asked for."""
    acknowledged: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    odd: list[str] = field(default_factory=list)
    told: Callable[[], None] = lambda: None


@dataclass
class Client:
    """One client, whose tickets are its own: what it is told of them last is how they are."""

    name: str
    http: httpx.AsyncClient
    ledger: Ledger
    turn: Callable[[], Awaitable[None]]
    random: random.Random
    mine: list[Known] = field(default_factory=list)
    _count: int = 0

    async def work(self, enough: Callable[[], bool]) -> None:
        """Send one mutation after the other until it is enough."""
        while not enough():
            self._count += 1
            await self._step(f"{self.name}-{self._count}")

    async def _step(self, key: str) -> None:
        ticket = self.random.choice(self.mine) if self.mine and self.random.random() > 0.2 else None
        if ticket is None:
            await self._create(key)
            return
        resolved = ticket.status == "RESOLVED"
        match self.random.choices(["write", "note", "priority", "tag", "end", "draft"], (8, 4, 4, 4, 4, 1))[0]:
            case "write" if not resolved and len(ticket.messages) < MESSAGES_LIMIT:
                await self._write(key, ticket, internal=False)
            case "write" | "note" if len(ticket.messages) < MESSAGES_LIMIT:
                await self._write(key, ticket, internal=True)
            case "tag" if len(ticket.tags) < 20:
                _note(ticket, await self._ask(key, TAG, id=ticket.gid, tag=key.lower()))
            case "draft":
                made = await self._ask(key, DRAFT, id=ticket.gid)
                self.ledger.drafts.append(_key("sug", made["id"]))
            case "end" if resolved:
                _note(ticket, await self._ask(key, REOPEN, id=ticket.gid))
                ticket.reopened += 1
            case "end":
                _note(ticket, await self._ask(key, RESOLVE, id=ticket.gid))
                ticket.resolved += 1
            case _:
                chosen = self.random.choice(PRIORITIES)
                _note(ticket, await self._ask(key, PRIORITY, id=ticket.gid, priority=chosen))

    async def _create(self, key: str) -> None:
        email = self.random.choice(self.ledger.emails)
        made = await self._ask(key, CREATE, words=key, email=email)
        id = _key("tkt", made["id"])
        known = Known(id, email, key, made["number"], made["status"], made["priority"], made["tags"])
        self.ledger.tickets.append(known)
        self.mine.append(known)

    async def _write(self, key: str, ticket: Known, *, internal: bool) -> None:
        made = await self._ask(key, WRITE, id=ticket.gid, words=key, internal=internal)
        ticket.messages[_key("msg", made["id"])] = (key, internal)
        _note(ticket, made["ticket"])

    async def _ask(self, key: str, document: str, **variables: Any) -> Any:
        """What came of it; asked again for as long as nobody says."""
        headers = {"Authorization": f"Bearer {self.ledger.token}", "Idempotency-Key": key}
        body = {"query": document, "variables": variables}
        while True:
            await self.turn()
            try:
                answer = (await self.http.post("/graphql", json=body, headers=headers)).json()
            except httpx.TransportError as error:
                self.ledger.lost[type(error).__name__] += 1
                continue
            code = _code(answer)
            if code is None and self.random.random() < FORGOTTEN:
                self.ledger.lost["forgotten"] += 1
                continue
            if code is None:
                self.ledger.acknowledged += 1
                self.ledger.told()
                return answer["data"]["done"]
            # CONFLICT: the server is still at the try whose answer was lost.
            self.ledger.lost[code] += 1
            if code not in {"UNAVAILABLE", "CONFLICT"}:
                self.ledger.odd.append(f"{key}: {answer}")
                raise UnexplainedError(f"{key}: {answer}")


class UnexplainedError(Exception):
    """An answer that no fault explains."""


def _code(answer: Mapping[str, Any]) -> str | None:
    for error in answer.get("errors", ()):
        return str(error["extensions"]["code"])
    done = answer["data"]["done"]
    return str(done["code"]) if done["__typename"] == "Problem" else None


def _note(ticket: Known, told: Any) -> None:
    ticket.status, ticket.priority, ticket.tags = told["status"], told["priority"], told["tags"]


def _key(prefix: str, text: str) -> UUID:
    key = decode(prefix, text)
    if key is None:
        raise LookupError(f"{text} is no id of {prefix}")
    return key
