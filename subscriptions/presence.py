"""Who is at which ticket: what this process's clients say, what other processes say, and who wants to know."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from cachetools import TTLCache

from models.actors import Actor
from models.errors import RateLimited
from models.presence import PresenceState, Present, TicketPresence
from subscriptions.ephemera import HELLO, Entry, Ephemera
from subscriptions.places import Hearsay, Holder, Place, Requests, Stay, Whereabouts

TOPIC = "presence"
LISTED = 50
"""So many people are listed of a ticket."""
PLACES = 20
"""At so many tickets a connection, or a person without one, is present; the one that was said first is left."""
SAID, SAID_WITHIN = 20, 2
"""How often a person may say where they are, within so many seconds."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds. Whoever vanishes, with a connection or with a whole process, is gone in less than ten."""

    # How long somebody types after having said so, and is there after having said so without a socket.
    typing: float = 6.0
    unheld: float = 9.0
    # How long a socket may say nothing, though it is asked to, before nobody is believed to be at its other end.
    silence: float = 6.0
    # After how long a process says again what holds, at its next look, and how long others believe it.
    heartbeat: float = 1.5
    hearsay: float = 8.0
    look: float = 1.0
    # Changes are told so often at most.
    pace: float = 0.2


DEFAULT_TIMING = Timing()


class Presences:
    """Who is at which ticket, as far as this process knows; without `ephemera` it is the only one.

    It works by timers, and has none while nobody is anywhere.
    """

    def __init__(self, ephemera: Ephemera | None = None, timing: Timing = DEFAULT_TIMING) -> None:
        self._ephemera = ephemera
        self._timing = timing
        self._places: dict[UUID, Place] = defaultdict(Place)
        self._requests: dict[UUID, Requests] = {}
        self._said: TTLCache[UUID, list[int]] = TTLCache(10_000, SAID_WITHIN)
        self._numbers = count(1)
        self._changed: set[UUID] = set()
        self._telling: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._told_at = self._beat_at = 0.0
        if ephemera:
            ephemera.listen(TOPIC, self._hear)
            ephemera.listen(HELLO, lambda *_: self._beat())

    @property
    def tickets(self) -> frozenset[UUID]:
        """The tickets of which something is known, or wanted to be."""
        return frozenset(self._places)

    def admit(self, member_id: UUID) -> None:
        """Count that somebody says where they are; raises RateLimited for whoever says it too often."""
        said = self._said.get(member_id)
        if said is None:
            said = self._said[member_id] = [0]
        said[0] += 1
        if said[0] > SAID:
            sentence = f"Say where you are at most {SAID} times in {SAID_WITHIN} seconds; try again in {SAID_WITHIN}."
            raise RateLimited(sentence, SAID_WITHIN)

    def put(
        self, actor: Actor, ticket_id: UUID, state: PresenceState, *, internal: bool, holder: Holder | None
    ) -> Present:
        """Take down where somebody is, who may see the ticket. Without a holder it has to be said again in time."""
        member_id, now, at = actor.user_id, time.monotonic(), actor.database.now()
        if member_id is None:
            raise LookupError("only people are present")
        if holder is None:
            self._send(ticket_id, member_id, at)
            holder = self._requests.get(member_id)
        # What was still being carried out when its connection ended would hold for ever.
        if state is PresenceState.LEFT or (holder and holder.has_ended):
            if holder:
                self._leave(holder, ticket_id, member_id)
            return Present(member_id, PresenceState.LEFT, at)
        holder = holder or self._requests.setdefault(member_id, Requests())
        stay = self._stay(holder, ticket_id, member_id, Stay(at, at, actor.is_customer))
        stay.said_at = at
        if isinstance(holder, Requests):
            stay.until = now + self._timing.unheld
        if state is PresenceState.TYPING:
            stay.typing_since = stay.typing_since if stay.typing_since and stay.typing_until > now else at
            stay.typing_until, stay.internal = now + self._timing.typing, internal
        else:
            stay.typing_since = None
        self._change(ticket_id)
        return Present(member_id, state, stay.typing_since or stay.since)

    async def follow(
        self, ticket_id: UUID, *, staff: bool, until: asyncio.Future[None] | None = None
    ) -> AsyncGenerator[TicketPresence, None]:
        """Who is at a ticket: at once, then whenever it is somebody else or they do something else.

        Whoever takes long gets the newest, not each. Once `until` is done it ends, or fails as that did.
        """
        place, news = self._places[ticket_id], asyncio.Event()
        if until:
            until.add_done_callback(lambda _ended: news.set())
        place.followers[staff].add(news)
        seen: TicketPresence | None = None
        try:
            if staff not in place.shown:
                place.shown[staff] = self._view(ticket_id, place, staff=staff)
            while True:
                news.clear()
                if until and until.done():
                    until.result()
                    return
                if seen is not place.shown[staff]:
                    seen = place.shown[staff]
                    yield seen
                else:
                    await news.wait()
        finally:
            place.followers[staff].discard(news)
            if not place.followers[staff]:
                place.shown.pop(staff, None)
            self._clear(ticket_id)

    def _stay(self, holder: Holder, ticket_id: UUID, member_id: UUID, new: Stay) -> Stay:
        holder.dropped = self._drop
        holder.hold(ticket_id, member_id)
        if len(holder.places) > PLACES:
            self._leave(holder, *next(iter(holder.places)))
        return self._places[ticket_id].own.setdefault(member_id, {}).setdefault(holder, new)

    def _leave(self, holder: Holder, ticket_id: UUID, member_id: UUID) -> None:
        if (ticket_id, member_id) not in holder.places:
            return
        holder.let_go(ticket_id, member_id)
        if isinstance(holder, Requests) and not holder.places:
            self._requests.pop(member_id, None)
        own = self._places[ticket_id].own
        del own[member_id][holder]
        if not own[member_id]:
            del own[member_id]
        self._change(ticket_id)

    def _drop(self, holder: Holder) -> None:
        for ticket_id, member_id in tuple(holder.places):
            self._leave(holder, ticket_id, member_id)

    def _change(self, ticket_id: UUID) -> None:
        """Look at a ticket soon, and from time to time as long as somebody is anywhere."""
        self._changed.add(ticket_id)
        loop = asyncio.get_running_loop()
        if self._telling is None:
            wait = self._told_at + self._timing.pace - time.monotonic()
            self._telling = loop.call_later(max(0.0, wait), self._tell)
        if self._looking is None:
            self._looking = loop.call_later(self._timing.look, self._look)

    def _tell(self) -> None:
        """Tell other processes and those who follow here what has changed."""
        self._telling, self._told_at = None, time.monotonic()
        changed, self._changed = self._changed, set()
        for ticket_id in changed:
            place = self._places[ticket_id]
            entries = self._entries(place, self._told_at)
            for member_id in place.told.keys() | entries.keys():
                if place.told.get(member_id) != entries.get(member_id):
                    self._send(ticket_id, member_id, entries.get(member_id))
            place.told = entries
            self._show(ticket_id, place)
            self._clear(ticket_id)

    def _entries(self, place: Place, now: float) -> dict[UUID, Whereabouts]:
        """Who is there by this process."""
        heard_since = now - self._timing.silence
        found = {}
        for member_id, stays in place.own.items():
            there = (stay for holder, stay in stays.items() if holder.heard_at > heard_since and stay.until > now)
            if entry := Whereabouts.over(there, now):
                found[member_id] = entry
        return found

    def _show(self, ticket_id: UUID, place: Place) -> None:
        for staff, shown in tuple(place.shown.items()):
            view = self._view(ticket_id, place, staff=staff)
            if view != shown:
                place.shown[staff] = view
                for news in place.followers[staff]:
                    news.set()

    def _view(self, ticket_id: UUID, place: Place, *, staff: bool) -> TicketPresence:
        people, number = place.people(), next(self._numbers)
        typing = [each for each in people.values() if each.state is PresenceState.TYPING and not each.is_customer]
        if not staff:
            return TicketPresence(ticket_id, (), 0, any(not each.internal for each in typing), number)
        # Of a customer staff learn that they write, not that they look at what they wrote.
        listed = [
            Present(member_id, each.state, each.since)
            for member_id, each in people.items()
            if each.state is PresenceState.TYPING or not each.is_customer
        ]
        listed.sort(key=lambda each: (each.state is not PresenceState.TYPING, each.since, each.member_id.int))
        return TicketPresence(ticket_id, tuple(listed[:LISTED]), len(listed), bool(typing), number)

    def _clear(self, ticket_id: UUID) -> None:
        if ticket_id in self._places and self._places[ticket_id].deserted:
            del self._places[ticket_id]

    def _look(self) -> None:
        """Notice who has fallen silent, stopped typing or not come again, here and in other processes."""
        self._looking, now = None, time.monotonic()
        for requests in tuple(self._requests.values()):
            for ticket_id, member_id in tuple(requests.places):
                if self._places[ticket_id].own[member_id][requests].until <= now:
                    self._leave(requests, ticket_id, member_id)
        for ticket_id, place in self._places.items():
            late = [key for key, heard in place.heard.items() if heard.until <= now]
            for key in late:
                del place.heard[key]
            if late or self._entries(place, now) != place.told:
                self._change(ticket_id)
        if now >= self._beat_at + self._timing.heartbeat:
            self._beat()
        if self._looking is None and any(place.own or place.heard for place in self._places.values()):
            self._looking = asyncio.get_running_loop().call_later(self._timing.look, self._look)

    def _beat(self) -> None:
        """Say again what holds, for those who missed it or have only come."""
        self._beat_at = time.monotonic()
        for ticket_id, place in self._places.items():
            for member_id, entry in place.told.items():
                self._send(ticket_id, member_id, entry)

    def _send(self, ticket_id: UUID, member_id: UUID, said: Whereabouts | datetime | None) -> None:
        """What holds of somebody here; or, with an instant, that what their requests said elsewhere before is over."""
        if self._ephemera is None:
            return
        words: list[object] = [ticket_id.hex, member_id.hex]
        match said:
            case Whereabouts():
                words += [said.state.value, said.since.timestamp(), said.is_customer, said.internal]
            case datetime():
                words += [_ELSEWHERE, said.timestamp()]
            case None:
                words.append(PresenceState.LEFT.value)
        self._ephemera.send(TOPIC, (ticket_id, member_id, isinstance(said, datetime)), words)

    def _hear(self, process: str, number: int, words: Entry) -> None:
        ticket_id, member_id = UUID(words[0]), UUID(words[1])
        if words[2] == _ELSEWHERE:
            self._hear_of_requests(process, ticket_id, member_id, _instant(words[3]))
            return
        entry = _whereabouts(words[2:])
        heard = self._places[ticket_id].heard
        known = heard.get((process, member_id))
        if known and number < known.number:
            return
        if entry:
            heard[process, member_id] = Hearsay(entry, number, time.monotonic() + self._timing.hearsay)
        else:
            heard.pop((process, member_id), None)
        if entry != (known and known.entry):
            self._change(ticket_id)
        self._clear(ticket_id)

    def _hear_of_requests(self, process: str, ticket_id: UUID, member_id: UUID, at: datetime) -> None:
        """Somebody's requests go to another process by now, which knows better what they do."""
        requests = self._requests.get(member_id)
        if self._ephemera is None or requests is None or (ticket_id, member_id) not in requests.places:
            return
        # Of what is said in the same millisecond one is taken, and everywhere the same.
        if (self._places[ticket_id].own[member_id][requests].said_at, self._ephemera.name) < (at, process):
            self._leave(requests, ticket_id, member_id)


_ELSEWHERE = "elsewhere"


def _whereabouts(said: Entry) -> Whereabouts | None:
    """What another process says of somebody; None for whoever is not there by it any more."""
    state = PresenceState(said[0])
    if state is PresenceState.LEFT:
        return None
    return Whereabouts(state, _instant(said[1]), bool(said[2]), bool(said[3]))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
