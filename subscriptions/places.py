"""What is known of one ticket: who is there by which connection, and what other processes say."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from models.presence import PresenceState, TicketPresence


class Holder:
    """A connection by which people are present: they leave with it, and while it is silent they are not there.

    While `held` is set somebody is, and whoever has the connection asks it for signs of life.
    """

    def __init__(self) -> None:
        self.held = asyncio.Event()
        self.heard_at = time.monotonic()
        # Tickets and members, the one that was said first before the others.
        self.places: dict[tuple[UUID, UUID], None] = {}
        self.dropped: Callable[[Holder], None] | None = None
        self.has_ended = False

    def end(self) -> None:
        """It has ended, and whoever was present by it has left."""
        self.has_ended = True
        if self.dropped:
            self.dropped(self)

    def hear(self) -> None:
        """Something came in by it."""
        self.heard_at = time.monotonic()

    def hold(self, ticket_id: UUID, member_id: UUID) -> None:
        """Somebody is present by it, and said so last of all."""
        self.places.pop((ticket_id, member_id), None)
        self.places[ticket_id, member_id] = None
        self.held.set()

    def let_go(self, ticket_id: UUID, member_id: UUID) -> None:
        """Somebody is present by it no longer."""
        del self.places[ticket_id, member_id]
        if not self.places:
            self.held.clear()


class Requests(Holder):
    """Whoever is present by requests of their own, which have to come again and again."""

    def __init__(self) -> None:
        super().__init__()
        self.heard_at = math.inf


@dataclass(slots=True)
class Stay:
    """Somebody at a ticket by one holder."""

    since: datetime
    said_at: datetime
    is_customer: bool
    until: float = math.inf
    typing_since: datetime | None = None
    typing_until: float = 0.0
    internal: bool = True


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a process says of somebody at a ticket, over all by which they are there."""

    state: PresenceState
    since: datetime
    is_customer: bool
    internal: bool

    @classmethod
    def over(cls, stays: Iterable[Stay], now: float) -> Whereabouts | None:
        """Whoever types anywhere types; None for nobody."""
        there = list(stays)
        typing = [stay for stay in there if stay.typing_since and stay.typing_until > now]
        if typing:
            since = min(stay.typing_since for stay in typing if stay.typing_since)
            internal = all(stay.internal for stay in typing)
            return cls(PresenceState.TYPING, since, typing[0].is_customer, internal)
        if there:
            return cls(PresenceState.VIEWING, min(stay.since for stay in there), there[0].is_customer, internal=True)
        return None

    def merged(self, other: Whereabouts | None) -> Whereabouts:
        """The same person as two processes know them."""
        if other is None or (self.state, other.state) == (PresenceState.TYPING, PresenceState.VIEWING):
            return self
        if self.state is not other.state:
            return other
        return Whereabouts(
            self.state, min(self.since, other.since), self.is_customer, internal=self.internal and other.internal
        )


@dataclass(slots=True)
class Hearsay:
    """What another process said last of somebody, and until when it is believed."""

    entry: Whereabouts
    number: int
    until: float


@dataclass(slots=True)
class Place:
    """All that is known of one ticket. What is shown to staff and to customers is kept while somebody follows it."""

    own: dict[UUID, dict[Holder, Stay]] = field(default_factory=dict)
    told: dict[UUID, Whereabouts] = field(default_factory=dict)
    heard: dict[tuple[str, UUID], Hearsay] = field(default_factory=dict)
    followers: dict[bool, set[asyncio.Event]] = field(default_factory=lambda: {True: set(), False: set()})
    shown: dict[bool, TicketPresence] = field(default_factory=dict)

    @property
    def deserted(self) -> bool:
        """Whether nobody is there, nor wants to know who is."""
        return not (self.own or self.told or self.heard or any(self.followers.values()))

    def people(self) -> Mapping[UUID, Whereabouts]:
        """Everybody who is there, whichever process says so."""
        people = dict(self.told)
        for (_, member_id), heard in self.heard.items():
            people[member_id] = heard.entry.merged(people.get(member_id))
        return people
