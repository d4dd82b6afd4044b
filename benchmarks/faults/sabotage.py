"""Products that do what must not be, put together from outside, for whoever wants to see that it is found out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from graphql_api import operation
from models.events import MessageAdded
from models.fact import Fact
from models.log import Visibility
from models.tickets import Ticket
from models.writer import Write
from subscriptions.follower import Subscriber
from tasks import relay
from tasks.mail.carrying import Parcel
from tasks.mail.smtp import SmtpPool
from tasks.planning import Planned, planned_for

# Which time it goes wrong.
OFTEN = 5


@dataclass(frozen=True)
class Sabotage:
    """What is put into the processes; `sign` stands in what is then found. With a worker, or without; on a PostgreSQL
    that is durable, or that forgets when it breaks down."""

    arm: Callable[[], None]
    sign: str
    worker: bool = False
    durable: bool = True


def _nothing() -> None:
    """PostgreSQL is what fails."""


def _keys_ignored() -> None:
    _replace(operation, "key_of", lambda *_: None)


def _facts_forgotten() -> None:
    record, turn = Write.record, _turns()

    def forgetful(self: Write, fact: Fact, *arguments: Any, **options: Any) -> Any:
        if isinstance(fact, MessageAdded) and turn():
            return None
        return record(self, fact, *arguments, **options)

    _replace(Write, "record", forgetful)


def _numbers_wasted() -> None:
    finish, turn = Write.finish, _turns()

    async def wasteful(self: Write) -> None:
        await finish(self)
        if turn():
            await self.connection.execute(
                "UPDATE support_event_counter SET seq = seq + 1 WHERE organization_id = $1", self.actor.organization_id
            )

    _replace(Write, "finish", wasteful)


def _events_passed_over() -> None:
    offer, turn = Subscriber.offer, _turns()

    def careless(self: Subscriber, events: Sequence[Any]) -> None:
        offer(self, [event for event in events if not turn()])

    _replace(Subscriber, "offer", careless)


def _all_shown_to_all() -> None:
    record = Write.record

    def talkative(self: Write, fact: Fact, ticket: Ticket | None = None, **options: Any) -> Any:
        event_id = record(self, fact, ticket, **options)
        if ticket:
            self._events[-1].__dict__.update(visibility=Visibility.CUSTOMER, person_id=ticket.requester_id)
        return event_id

    _replace(Write, "record", talkative)


def _kept_from_customers() -> None:
    record, turn = Write.record, _turns()

    def secretive(self: Write, fact: Fact, *arguments: Any, **options: Any) -> Any:
        event_id = record(self, fact, *arguments, **options)
        if fact.visibility is Visibility.CUSTOMER and turn():
            self._events[-1].__dict__.update(visibility=Visibility.STAFF, person_id=None)
        return event_id

    _replace(Write, "record", secretive)


def _mail_dropped() -> None:
    send, turn = SmtpPool.send, _turns()

    async def lazy(self: SmtpPool, parcel: Parcel) -> None:
        if not turn():
            await send(self, parcel)

    _replace(SmtpPool, "send", lazy)


def _mail_repeated() -> None:
    send, turn = SmtpPool.send, _turns()

    async def eager(self: SmtpPool, parcel: Parcel) -> None:
        await send(self, parcel)
        if turn():
            other = parcel.content.replace(b"Message-ID: <", b"Message-ID: <again-", 1)
            await send(self, replace(parcel, content=other))

    _replace(SmtpPool, "send", eager)


def _reactions_forgotten() -> None:
    turn = _turns()

    def forgetful(*arguments: Any) -> list[Planned]:
        return [each for each in planned_for(*arguments) if not (each.name == "triage" and turn())]

    _replace(relay, "planned_for", forgetful)


SABOTAGES: Mapping[str, Sabotage] = {
    "commits are not durable": Sabotage(_nothing, "and was told to be", durable=False),
    "keys are ignored": Sabotage(_keys_ignored, "acknowledged"),
    "half of a write": Sabotage(_facts_forgotten, "0 times in the log"),
    "numbers are wasted": Sabotage(_numbers_wasted, "its counter says"),
    "events are passed over": Sabotage(_events_passed_over, "the agent of"),
    "customers are shown all": Sabotage(_all_shown_to_all, "was shown event"),
    "customers are not shown all": Sabotage(_kept_from_customers, "was not shown event"),
    "mail is dropped": Sabotage(_mail_dropped, "did not come", worker=True),
    "mail comes twice": Sabotage(_mail_repeated, "was not to come", worker=True),
    "reactions are forgotten": Sabotage(_reactions_forgotten, "triage of TicketCreated", worker=True),
}


def _turns() -> Callable[[], bool]:
    """Says yes each so-manieth time."""
    numbers = count(1)
    return lambda: next(numbers) % OFTEN == 0


def _replace(where: object, name: str, by: object) -> None:
    setattr(where, name, by)
