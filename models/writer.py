"""The one writer: a transaction whose last statement writes the rows, numbers the events and bumps the counter.

Readers follow the log by "seq greater than the last one I saw". That is safe only if seqs become visible in order, so
the counter's row is locked by the very last statement before the commit: whoever takes the next seq waits for the one
before to be visible (or gone). Taken first, the same lock would make an organization's writes queue for each other's
work; a sequence would let a reader step over a slow transaction's rows. A write with an idempotency key holds it for
one round trip more, because what is kept under the key is known only when the operation has returned.

A write that has locked one ticket and nothing else holds no lock at all until then: the last statement writes if the
ticket is still the same version, else the operation is run again and locks it (`repeated_if_overtaken`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from tortoise.models import Model

from models.actors import Actor
from models.database import Row
from models.errors import Conflict, QuotaExceeded
from models.fact import Fact
from models.last_statement import Change, statement, values_of
from models.late_transaction import AGAIN, Again, LateTransaction, Overtaken
from models.log import Event, Visibility
from models.rows import RowModel, layout, new
from models.tickets import Ticket

R = TypeVar("R")

# The time that an operation is given, where it is; called off by the first write that reaches its end.
TIME_LIMIT: ContextVar[asyncio.Timeout | None] = ContextVar("TIME_LIMIT", default=None)
# Where rows are put once they are committed, as they were written; by whoever wants to show them without a look.
WRITTEN: ContextVar[dict[tuple[type[Model], UUID], Model] | None] = ContextVar("WRITTEN", default=None)


class Write:
    """What one operation writes. Rows and events are kept until the block ends, and then written together."""

    def __init__(self, actor: Actor, connection: LateTransaction, now: datetime) -> None:
        self.actor = actor
        self.connection = connection
        self.now = now
        self.recorded_at = now
        self.reacts = True
        self.seq: int | None = None
        self._opened = 0
        self._inserted: dict[type[Model], list[Model]] = {}
        self._updated: dict[Model, set[str]] = {}
        self._deleted: dict[type[Model], list[Model]] = {}
        self._events: list[Event] = []

    def insert(self, row: Model) -> None:
        """Store a new row. A ticket's number is taken in the last statement and set on the row then."""
        self._inserted.setdefault(type(row), []).append(row)
        # What an import brings was opened elsewhere, long ago: it uses nothing of this month's quota.
        if type(row) is Ticket and self.reacts:
            self._opened += 1

    def update(self, row: Model, **changes: object) -> None:
        """Change columns of a row that this write has locked, or has just inserted."""
        row.__dict__.update(changes)
        if not any(row is other for other in self._inserted.get(type(row), ())):
            self._updated.setdefault(row, set()).update(changes)

    def has_changed(self, row: Model, column: str) -> bool:
        """Whether this write made the row, or has changed the column before."""
        return column in self._updated.get(row, ()) or any(row is other for other in self._inserted.get(type(row), ()))

    def delete(self, rows: Iterable[Model]) -> None:
        """Remove rows."""
        for row in rows:
            self._deleted.setdefault(type(row), []).append(row)

    def new_rows(self, model: type[RowModel]) -> list[RowModel]:
        """The rows of a model that this write has made, oldest first."""
        return [row for row in self._inserted.get(model, ()) if isinstance(row, model)]

    def stored(self) -> dict[tuple[type[Model], UUID], Model]:
        """The rows that this write has made or changed, each by its model and key."""
        made = (row for rows in self._inserted.values() for row in rows)
        return {(type(row), row.__dict__["id"]): row for row in (*self._updated, *made) if "id" in row.__dict__}

    def part(self) -> Write:
        """A write for a part of this one that is done whole or not at all, to be taken over once it is whole."""
        return Write(self.actor, self.connection, self.now)

    @classmethod
    def past(cls, write: Write) -> Write:
        """A write of what happened long ago, to be taken over by `write` once it is whole; nothing reacts to it.

        Its `actor` and `now` are set for every step to whoever took it and when.
        """
        draft = cls(write.actor, write.connection, write.now)
        draft.reacts = False
        return draft

    def take_over(self, draft: Write) -> None:
        """Make all that a draft holds part of this write."""
        for model, rows in draft._inserted.items():
            self._inserted.setdefault(model, []).extend(rows)
        for row, columns in draft._updated.items():
            self._updated.setdefault(row, set()).update(columns)
        for model, rows in draft._deleted.items():
            self._deleted.setdefault(model, []).extend(rows)
        self._opened += draft._opened
        self._events += draft._events

    def record(self, fact: Fact, ticket: Ticket | None = None, *, person_id: UUID | None = None) -> UUID:
        """Put a fact into the log; the id is the event's."""
        concerned = ticket.requester_id if ticket and fact.visibility is Visibility.CUSTOMER else person_id
        return self._record(fact, ticket.id if ticket else None, concerned, self.now)

    def record_about(self, ticket_id: UUID, fact: Fact, at: datetime, *, person_id: UUID | None = None) -> UUID:
        """The same for a fact that only staff or that person may learn, about a ticket that need not be locked, of
        another instant."""
        return self._record(fact, ticket_id, person_id, at)

    def _record(self, fact: Fact, ticket_id: UUID | None, person_id: UUID | None, at: datetime) -> UUID:
        event = new(
            Event,
            organization_id=self.actor.organization_id,
            type=type(fact).__name__,
            ticket_id=ticket_id,
            actor_kind=self.actor.kind,
            actor_id=self.actor.user_id,
            visibility=fact.visibility,
            person_id=person_id,
            data=fact.as_json(),
            reacts=self.reacts,
            occurred_at=at,
            recorded_at=self.recorded_at,
        )
        self._events.append(event)
        return event.id

    async def settle(self) -> None:
        """Do what may still have to wait for others: nothing else than the counter is waited for afterwards."""
        # Else a statement that writes nothing would not say whether the quota is used up, or the row another by now.
        if self._opened and self.connection.looked:
            await self.connection.begin()

    async def finish(self) -> None:
        """Send everything as one statement, the transaction's last; raises QuotaExceeded where there was no room."""
        groups = self._groups()
        if not groups:
            return
        month = month_of(self.now)
        quota = [self._opened, month] if self._opened else []
        look = None if self.connection.begun else self.connection.looked
        row = await self.connection.last(
            statement(tuple(groups), look.table if look else None, counting=bool(quota)),
            self.actor.organization_id,
            len(self._events),
            len(self._inserted.get(Ticket, ())),
            *quota,
            *values_of(groups),
            *([look.id, look.version] if look else []),
        )
        if row is None and look:
            raise Overtaken
        if quota and row and row["seq"] is None and row["quota"] is not None:
            raise QuotaExceeded(row["quota"], month_after(month), told=not self.actor.is_customer)
        if row is None or row["seq"] is None:
            raise LookupError(f"organization {self.actor.organization_id} has no event counter")
        self.seq = row["seq"] if self._events else None
        self._number(row["seq"], row["ticket_number"])

    def _groups(self) -> dict[Change, list[Model]]:
        groups: dict[tuple[type[Model], tuple[str, ...] | None], list[Model]] = {}
        for model, rows in self._deleted.items():
            groups[model, ()] = rows
        for model, rows in self._inserted.items():
            groups[model, None] = rows
        for row, columns in self._updated.items():
            groups.setdefault((type(row), tuple(sorted(columns))), []).append(row)
        if self._events:
            groups[Event, None] = list(self._events)
        return {Change(model, columns, len(rows) == 1): rows for (model, columns), rows in groups.items()}

    def _number(self, seq: int, ticket_number: int) -> None:
        for event, value in zip(reversed(self._events), range(seq, 0, -1), strict=False):
            event.seq = value
        for row, value in zip(reversed(self._inserted.get(Ticket, [])), range(ticket_number, 0, -1), strict=False):
            row.__dict__["number"] = value


def month_of(instant: datetime) -> date:
    """The first day of an instant's calendar month (UTC): what a quota is counted by."""
    return instant.astimezone(UTC).date().replace(day=1)


def month_after(month: date) -> date:
    """The first day of the next month."""
    return (month + timedelta(days=31)).replace(day=1)


@asynccontextmanager
async def organization_write(actor: Actor) -> AsyncIterator[Write]:
    """One transaction (READ COMMITTED) in the actor's organization; leaving the block writes, commits and hints."""
    database = actor.database
    try:
        async with database.late_transaction() as connection:
            write = Write(actor, connection, database.now())
            yield write
            await write.settle()
            with _no_way_back():
                await write.finish()
    except asyncpg.DeadlockDetectedError:
        raise Conflict("Somebody else was changing the same things at the same moment; try again.") from None
    AGAIN.set(Again.NO)
    written = WRITTEN.get()
    if written is not None:
        written.update(write.stored())
    if write.seq is not None:
        database.committed(actor.organization_id, write.seq)


@contextmanager
def _no_way_back() -> Iterator[None]:
    """Nothing is written before the last statement, so a write can be given up until then; from here on its caller
    waits for the outcome, for nobody could tell whether a commit that was given up took place."""
    limit = TIME_LIMIT.get()
    if limit is None or limit.expired():
        yield
        return
    deadline = limit.when()
    limit.reschedule(None)
    try:
        yield
    except Overtaken:
        limit.reschedule(deadline)
        raise


async def repeated_if_overtaken(run: Callable[[], Awaitable[R]]) -> R:
    """Run an operation that may look at a ticket without locking it; again, with locks, where somebody was faster."""
    known = AGAIN.set(Again.IF_NEED_BE)
    try:
        return await run()
    except Overtaken:
        AGAIN.set(Again.NO)
        return await run()
    finally:
        AGAIN.reset(known)


async def keep(write: Write, model: type[Model], sql: str, *values: Any) -> Any:
    """The row that `sql` finds, with its `xmin`, as it is until the write ends: locked, or written as it is or not.

    Only the first row of a write can be kept without a lock, and only if the operation can be repeated.
    """
    connection = write.connection
    if connection.begun or connection.looked or AGAIN.get() is not Again.IF_NEED_BE:
        return await lock(write, sql, *values)
    row = await connection.look(layout(model).table, sql, *values)
    write.now = write.recorded_at = max(write.now, write.actor.database.now())
    return row


async def lock(write: Write, sql: str, *values: Any) -> Any:
    """The row that `sql` finds, locked until the write ends."""
    # Not FOR UPDATE: other transactions may still insert rows that refer to this one.
    row = await write.connection.fetchrow(f"{sql} FOR NO KEY UPDATE OF t", *values)
    # Whoever had to wait writes later than the one that it waited for.
    write.now = write.recorded_at = max(write.now, write.actor.database.now())
    return row


async def lock_all(write: Write, sql: str, *values: Any, wait: bool = True) -> list[Row]:
    """All rows that `sql` finds, locked in its order until the write ends; without `wait`, those that nobody holds."""
    rows: list[Row] = await write.connection.fetch(
        f"{sql} FOR NO KEY UPDATE OF t{'' if wait else ' SKIP LOCKED'}", *values
    )
    write.now = write.recorded_at = max(write.now, write.actor.database.now())
    return rows


async def lock_organization(write: Write) -> None:
    """Wait for every other write of the organization that asks for this, until it ends.

    For what no constraint can refuse: that there are no more than so many, or that nobody else has just made the same.
    """
    await lock(write, "SELECT 1 FROM support_organization t WHERE t.id = $1", write.actor.organization_id)
