"""Tickets from elsewhere: their history is told again, step by step, at its true dates, and nothing reacts to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models.actors import Actor, ActorKind, Role
from models.errors import HelpdeskError, InvalidInput, NotFound
from models.events import TicketAssigned
from models.fields import new_id
from models.lifecycle import TicketPriority, TicketStatus
from models.tickets import BODY_LIMIT, SUBJECT_LIMIT, Ticket
from models.writer import Write, lock_organization, organization_write
from resolvers import inputs
from resolvers.access import operation
from resolvers.changes import touch
from resolvers.people import find_or_create_customer
from resolvers.tags import tag_ids, tag_new
from resolvers.thread import customer_message, note, reply
from resolvers.tickets import append_message, move, open_ticket

CATEGORY_LIMIT = 100


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody by address; a customer is made of one whom the organization does not know."""

    email: str
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the past. `email` names an agent; a customer's message is the requester's."""

    at: datetime
    kind: ActorKind
    body: str
    email: str | None = None
    internal: bool = False


@dataclass(frozen=True, slots=True)
class Assigned:
    """An assignment of the past, by `email` (an agent, None: the system) to `to` (an agent, None: nobody)."""

    at: datetime
    email: str | None
    to: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """A status given in the past by an agent, the requester, the AI or a timer."""

    at: datetime
    kind: ActorKind
    status: TicketStatus
    email: str | None = None


Step = Said | Assigned | Moved


@dataclass(frozen=True, slots=True)
class ImportedTicket:
    """A ticket of another system; `external_id` is its name there, under which it is imported once."""

    external_id: str
    requester: Person
    subject: str
    body: str
    created_at: datetime
    category: str | None = None
    priority: TicketPriority = TicketPriority.MEDIUM
    tags: Sequence[str] = ()
    steps: Sequence[Step] = ()


@dataclass(slots=True)
class Imported:
    """What became of a batch: how many were added or known before, and why some were refused."""

    added: int = 0
    known: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)


@operation
async def import_tickets(actor: Actor, tickets: Sequence[ImportedTicket]) -> Imported:
    """Import a batch in one write; a ticket that can't be imported is refused by itself, with the reason."""
    outcome = Imported()
    async with organization_write(actor) as write:
        known = await _known(write, [ticket.external_id for ticket in tickets])
        cast = Cast(write)
        tags = await tag_ids(write, _tags(tickets))
        for ticket in tickets:
            if ticket.external_id in known:
                outcome.known += 1
                continue
            known.add(ticket.external_id)
            draft = Write.past(write)
            try:
                await _tell(draft, ticket, cast, tags)
            except HelpdeskError as refusal:
                outcome.refused.append((ticket.external_id, refusal.message))
            else:
                write.take_over(draft)
                outcome.added += 1
    return outcome


def _tags(tickets: Iterable[ImportedTicket]) -> Iterator[str]:
    """The tags of those tickets whose tags can be stored; the others are refused when their turn comes."""
    for ticket in tickets:
        with suppress(InvalidInput):
            yield from inputs.tags(ticket.tags, "tags")


async def _known(write: Write, external_ids: Iterable[str]) -> set[str]:
    # Two imports of one file at once would both find a ticket missing: the second waits for the first.
    await lock_organization(write)
    rows = await write.connection.fetch(
        "SELECT external_id FROM support_ticket WHERE organization_id = $1 AND external_id = ANY($2)",
        write.actor.organization_id,
        list(external_ids),
    )
    return {row["external_id"] for row in rows}


class Cast:
    """The people and categories that a batch names, each looked up once."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._actors: dict[str, Actor] = {}
        self._categories: dict[str, UUID] = {}
        self.system = write.actor
        self.ai = Actor.ai(write.actor.database, write.actor.organization_id)

    async def person(self, person: Person) -> Actor:
        """The member with this address, made a customer where there is none."""
        email = inputs.email(person.email, "email")
        if email not in self._actors:
            member = await find_or_create_customer(self._write, email, person.name)
            self._actors[email] = Actor.member(
                self.system.database, member.organization_id, member.id, Role(member.role)
            )
        return self._actors[email]

    async def agent(self, email: str) -> Actor:
        """The member of the staff with this address."""
        actor = await self.person(Person(email)) if await self._is_known(email) else None
        if actor is None or actor.kind is not ActorKind.AGENT:
            raise NotFound(f"agent: {email}")
        return actor

    async def _is_known(self, email: str) -> bool:
        return email.casefold() in self._actors or bool(
            await self._write.connection.fetchval(
                "SELECT 1 FROM support_membership WHERE organization_id = $1 AND email = $2",
                self.system.organization_id,
                email.casefold(),
            )
        )

    async def category(self, name: str) -> UUID:
        """The category of this name, made where there is none."""
        wanted = inputs.text(name, "category", CATEGORY_LIMIT)
        if wanted not in self._categories:
            self._categories[wanted] = await self._known_category(wanted) or await self._write.connection.fetchval(
                "INSERT INTO support_category (id, organization_id, name, created_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (organization_id, name) DO UPDATE SET name = EXCLUDED.name RETURNING id",
                new_id(),
                self.system.organization_id,
                wanted,
                self._write.now,
            )
        return self._categories[wanted]

    async def _known_category(self, name: str) -> UUID | None:
        """The category of this name, whatever its case."""
        found: UUID | None = await self._write.connection.fetchval(
            "SELECT id FROM support_category WHERE organization_id = $1 AND lower(name) = lower($2)"
            " AND deleted_at IS NULL",
            self.system.organization_id,
            name,
        )
        return found


async def _tell(draft: Write, told: ImportedTicket, cast: Cast, tags: Mapping[str, UUID]) -> None:
    """The ticket's whole life, in a draft."""
    if told.created_at > draft.recorded_at:
        raise InvalidInput("It was created in the future.", ["created_at"])
    requester = await cast.person(told.requester)
    draft.actor, draft.now = requester, told.created_at
    ticket = open_ticket(
        draft,
        requester_id=requester.user_id or cast.system.organization_id,
        subject=inputs.line(told.subject, "subject", SUBJECT_LIMIT),
        category_id=await cast.category(told.category) if told.category else None,
        priority=told.priority,
    )
    ticket.external_id = inputs.text(told.external_id, "id", 200)
    tag_new(draft, ticket, {name: tags[name] for name in inputs.tags(told.tags, "tags")})
    body = inputs.text(told.body, "body", BODY_LIMIT)
    append_message(draft, ticket, body, kind=ActorKind.CUSTOMER, author_id=requester.user_id)
    for step in sorted(told.steps, key=lambda step: step.at):
        draft.actor, draft.now = await _who(step, requester, cast), step.at
        await _take(draft, ticket, step, cast)


async def _who(step: Step, requester: Actor, cast: Cast) -> Actor:
    if not isinstance(step, Assigned) and step.kind in _NOT_STAFF:
        return {ActorKind.CUSTOMER: requester, ActorKind.AI: cast.ai, ActorKind.SYSTEM: cast.system}[step.kind]
    return await cast.agent(step.email) if step.email else cast.system


_NOT_STAFF = frozenset({ActorKind.CUSTOMER, ActorKind.AI, ActorKind.SYSTEM})


async def _take(draft: Write, ticket: Ticket, step: Step, cast: Cast) -> None:
    if step.at < ticket.updated_at or step.at > draft.recorded_at:
        raise InvalidInput("A step is before the ticket's creation or in the future.", ["steps"])
    match step:
        case Assigned():
            assignee = (await cast.agent(step.to)).user_id if step.to else None
            previous = ticket.assignee_id
            touch(draft, ticket, public=False, assignee_id=assignee)
            draft.record(TicketAssigned(assignee_id=assignee, previous_id=previous), ticket)
        case Moved():
            move(draft, ticket, step.status)
        case Said():
            await _say(draft, ticket, step)


async def _say(draft: Write, ticket: Ticket, step: Said) -> None:
    body = inputs.text(step.body, "body", BODY_LIMIT)
    if step.kind is ActorKind.SYSTEM:
        append_message(draft, ticket, body, kind=ActorKind.SYSTEM, author_id=None, internal=step.internal)
    elif step.kind is ActorKind.CUSTOMER:
        await customer_message(draft, ticket, body)
    elif step.internal:
        note(draft, ticket, body)
    else:
        reply(draft, ticket, body)
