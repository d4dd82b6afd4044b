"""Who is connected, and whether they may still be: all connections of a process are looked at twice a second."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from graphql_api.requests import RequestRefused, Sender, masked
from graphql_api.transport.addresses import Network, address_of
from models.actors import Actor
from models.outages import is_away
from resolvers.doors import Change, Ended
from subscriptions.background import report_failure

log = logging.getLogger(__name__)

LOOK_EVERY = 0.5
"""Seconds between two looks: what has ended is shut within one."""

TOO_MANY = "TOO_MANY_CONNECTIONS"

Changes = Callable[[Sequence[Actor]], Awaitable[Sequence[Change]]]


@dataclass(slots=True, eq=False)
class Guest:
    """A socket or an event stream of somebody who came in as `actor`.

    `shut` is told why they may not stay, `become` as whom they go on. Both only take a note.
    """

    actor: Actor
    shut: Callable[[RequestRefused], None]
    become: Callable[[Actor], None]


class Doorkeeper:
    """Lets connections in, so many of one user, and has those shut that may stay no longer.

    `changes` tells of whom something has changed since they came in. While the database is away, all stay.
    """

    def __init__(
        self,
        changes: Changes,
        *,
        a_user: int,
        an_address: int,
        proxies: Collection[Network] = (),
        look_every: float = LOOK_EVERY,
    ) -> None:
        self._changes = changes
        self._proxies = proxies
        self._a_user = a_user
        self._an_address = an_address
        self._look_every = look_every
        self._guests: set[Guest] = set()
        self._counts: Counter[UUID | str | None] = Counter()
        self._looking: asyncio.Task[None] | None = None

    @contextmanager
    def letting_in(self, guest: Guest) -> Iterator[None]:
        """Watch over a connection while the block lasts; raises RequestRefused where its user has too many."""
        sentence = f"You have {self._a_user} sockets and event streams open, the most that one user may have."
        with self._counted(guest.actor.user_id, self._a_user, sentence), self._watched(guest):
            yield

    @contextmanager
    def letting_in_anybody(self, sender: Sender) -> Iterator[None]:
        """The same for those who show nothing, counted by where they come from; there is nothing to watch over."""
        sentence = f"There are {self._an_address} sockets without credentials open from your address, the most allowed."
        with self._counted(address_of(sender, self._proxies), self._an_address, sentence):
            yield

    @contextmanager
    def _counted(self, who: UUID | str | None, limit: int, sentence: str) -> Iterator[None]:
        if self._counts[who] >= limit:
            raise RequestRefused(TOO_MANY, sentence, 429)
        self._counts[who] += 1
        try:
            yield
        finally:
            self._counts[who] -= 1
            if not self._counts[who]:
                del self._counts[who]

    @contextmanager
    def _watched(self, guest: Guest) -> Iterator[None]:
        self._guests.add(guest)
        if self._looking is None:
            self._looking = asyncio.create_task(self._keep_looking(), name="looking who may stay")
            self._looking.add_done_callback(report_failure)
        try:
            yield
        finally:
            self._guests.discard(guest)
            if not self._guests:
                self._looking.cancel()
                self._looking = None

    async def explained(self, refusal: RequestRefused, actor: Actor | None) -> RequestRefused:
        """The refusal of somebody who had come in, by its true reason: their membership may have ended, too."""
        if refusal.status == 401 and actor:
            for change in await self._changes([actor]):
                if isinstance(change.now, Ended):
                    return _refusal(actor, change.now)
        return refusal

    async def look(self) -> None:
        """Look at all once."""
        alike: defaultdict[Actor, list[Guest]] = defaultdict(list)
        for guest in self._guests:
            alike[guest.actor].append(guest)
        for change in await self._changes(list(alike)):
            for guest in alike[change.former]:
                if isinstance(change.now, Ended):
                    guest.shut(_refusal(change.former, change.now))
                else:
                    guest.actor = change.now
                    guest.become(change.now)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            try:
                await self.look()
            except Exception as error:
                # Those who look must never stop to: what is no outage is a bug, and the log has it.
                if is_away(error):
                    log.info("Nobody can say just now who may stay: %r", error)
                else:
                    masked(error)


def _refusal(actor: Actor, ended: Ended) -> RequestRefused:
    if ended is Ended.MEMBERSHIP:
        return RequestRefused("FORBIDDEN", "You are no longer a member of this organization.", 403)
    return credentials_ended(actor)


def credentials_ended(actor: Actor) -> RequestRefused:
    """What somebody is told whose token or session is good no more."""
    if actor.session_id:
        return RequestRefused("UNAUTHENTICATED", "Your session has ended: sign in again.", 401)
    return RequestRefused("UNAUTHENTICATED", "This token is unknown, expired or revoked.", 401)
