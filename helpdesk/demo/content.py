"""The demo organizations as typed values: people, help centres and some 200 tickets with their histories.

The files beside this module are the content; `load_demo` reads them and touches nothing else. Moments are spans of time
(a ticket's age, the time since its creation), so that the demo is always about the last 60 days. Ages were chosen as
seen from a Tuesday, 16:30 in Berlin: loaded near that hour, agents answer in office hours.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from models.actors import ActorKind, Role
from models.lifecycle import TicketPriority, TicketStatus
from rag.articles import ArticleFile, parse_article

FOLDER = Path(__file__).parent

# In `by` of a step, instead of a person's address.
AI = "ai"
SYSTEM = "system"

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody in one organization."""

    name: str
    email: str
    role: Role


@dataclass(frozen=True, slots=True)
class DemoCategory:
    """What tickets are about."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class DemoCannedResponse:
    """A prepared answer; its body may hold variables such as `{{requester.name}}`."""

    title: str
    shortcut: str
    folder: str
    body: str


@dataclass(frozen=True, slots=True)
class DemoMessage:
    """A message after the ticket's first. `email` is the agent's; None for the customer, the AI and the system."""

    author: ActorKind
    email: str | None
    internal: bool
    after: timedelta
    body: str


@dataclass(frozen=True, slots=True)
class DemoStep:
    """Something done to a ticket besides writing. `by` is a person's address, `AI` or `SYSTEM` (a timer)."""

    after: timedelta
    by: str


@dataclass(frozen=True, slots=True)
class Assigned(DemoStep):
    """The ticket goes to `to`, or to nobody."""

    to: str | None


@dataclass(frozen=True, slots=True)
class StatusSet(DemoStep):
    """The status was chosen by hand; never RESOLVED or CLOSED, which have steps of their own."""

    to: TicketStatus


@dataclass(frozen=True, slots=True)
class Resolved(DemoStep):
    """The problem is solved."""


@dataclass(frozen=True, slots=True)
class Closed(DemoStep):
    """The ticket is filed."""


@dataclass(frozen=True, slots=True)
class Reopened(DemoStep):
    """A finished ticket was brought back with no message."""


@dataclass(frozen=True, slots=True)
class Tagged(DemoStep):
    """Tags that the ticket did not have at its creation."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DemoTicket:
    """A ticket as it stands now, and how it came there.

    `status`, `assignee` and `tags` are the present ones. A status that follows from a message by itself has no step.
    """

    id: str
    organization: str
    subject: str
    body: str
    requester: str
    category: str
    priority: TicketPriority
    tags: tuple[str, ...]
    status: TicketStatus
    assignee: str | None
    age: timedelta
    thread: tuple[DemoMessage, ...]
    steps: tuple[DemoStep, ...]

    @property
    def first_tags(self) -> tuple[str, ...]:
        """The tags that the ticket was created with."""
        later = {tag for step in self.steps if isinstance(step, Tagged) for tag in step.tags}
        return tuple(tag for tag in self.tags if tag not in later)

    def timeline(self) -> tuple[DemoMessage | DemoStep, ...]:
        """Messages and steps in the order in which they happened.

        Within a minute an assignment precedes the message, and a status follows it: an answer that resolves.
        """
        return tuple(sorted((*self.thread, *self.steps), key=_moment))


@dataclass(frozen=True, slots=True)
class DemoOrganization:
    """A tenant of the demo with everything that belongs to it."""

    name: str
    slug: str
    timezone: str
    people: tuple[DemoPerson, ...]
    categories: tuple[DemoCategory, ...]
    tags: tuple[str, ...]
    canned_responses: tuple[DemoCannedResponse, ...]
    articles: tuple[ArticleFile, ...]
    tickets: tuple[DemoTicket, ...]


@dataclass(frozen=True, slots=True)
class DemoContent:
    """All organizations of the demo."""

    organizations: tuple[DemoOrganization, ...]


def load_demo() -> DemoContent:
    """The demo's content; tickets come oldest first."""
    organizations = json.loads((FOLDER / "organizations.json").read_text(encoding="utf-8"))
    lines = (FOLDER / "tickets.jsonl").read_text(encoding="utf-8").splitlines()
    tickets = [_ticket(json.loads(line)) for line in lines]
    return DemoContent(tuple(_organization(organization, tickets) for organization in organizations))


def _organization(json_object: JsonObject, tickets: list[DemoTicket]) -> DemoOrganization:
    slug = json_object["slug"]
    own = [ticket for ticket in tickets if ticket.organization == slug]
    return DemoOrganization(
        name=json_object["name"],
        slug=slug,
        timezone=json_object["timezone"],
        people=tuple(
            DemoPerson(person["name"], person["email"], Role[role])
            for role, people in json_object["people"].items()
            for person in people
        ),
        categories=tuple(DemoCategory(**category) for category in json_object["categories"]),
        tags=tuple(json_object["tags"]),
        canned_responses=tuple(DemoCannedResponse(**response) for response in json_object["canned_responses"]),
        articles=_articles(FOLDER / "articles" / slug),
        tickets=tuple(sorted(own, key=lambda ticket: ticket.age, reverse=True)),
    )


def _articles(folder: Path) -> tuple[ArticleFile, ...]:
    return tuple(parse_article(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.md")))


def _ticket(json_object: JsonObject) -> DemoTicket:
    return DemoTicket(
        id=json_object["id"],
        organization=json_object["organization"],
        subject=json_object["subject"],
        body=json_object["body"],
        requester=json_object["requester"],
        category=json_object["category"],
        priority=TicketPriority(json_object["priority"]),
        tags=tuple(json_object["tags"]),
        status=TicketStatus(json_object["status"]),
        assignee=json_object["assignee"],
        age=timedelta(hours=json_object["age_hours"]),
        thread=tuple(_message(message) for message in json_object["thread"]),
        steps=tuple(_step(step) for step in json_object["steps"]),
    )


def _message(json_object: JsonObject) -> DemoMessage:
    return DemoMessage(
        author=ActorKind(json_object["author"]),
        email=json_object["email"],
        internal=json_object["internal"],
        after=timedelta(minutes=json_object["after_minutes"]),
        body=json_object["body"],
    )


def _step(json_object: JsonObject) -> DemoStep:
    after, by = timedelta(minutes=json_object["after_minutes"]), json_object["by"]
    match json_object["type"]:
        case "assigned":
            return Assigned(after, by, json_object["to"])
        case "status":
            return StatusSet(after, by, TicketStatus(json_object["to"]))
        case "tagged":
            return Tagged(after, by, tuple(json_object["tags"]))
        case "resolved":
            return Resolved(after, by)
        case "closed":
            return Closed(after, by)
        case "reopened":
            return Reopened(after, by)
        case unknown:
            raise ValueError(f"There is no step named {unknown!r}.")


def _moment(entry: DemoMessage | DemoStep) -> tuple[timedelta, int]:
    if isinstance(entry, Assigned):
        return entry.after, 0
    return entry.after, 1 if isinstance(entry, DemoMessage) else 2
