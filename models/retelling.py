"""A ticket's recorded events as the facts that its clocks go by, and which promise applied to it when. Pure.

A promise is chosen anew when a ticket is created, tagged or put into another category, when it comes back from
resolved or closed, and by every edit of policies and calendars while it is neither. What was chosen is an event of its
own (SlaPolicyApplied), which is believed from then on, whatever becomes of the ticket's requester or tags. So is a
breach that is recorded: nothing that is recorded later came before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from uuid import UUID

from models.actors import ActorKind
from models.events import (
    MessageAdded,
    TicketAssigned,
    TicketClosed,
    TicketCreated,
    TicketField,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
    TicketTagged,
    TicketUpdated,
)
from models.fact import Fact
from models.lifecycle import FINISHED, TicketPriority, TicketStatus
from models.recorded import RecordedEvent
from models.service_level_events import SlaBreached, SlaPolicyApplied
from models.sla import (
    ALWAYS_OPEN,
    NOTHING_PROMISED,
    Calendar,
    Clock,
    Created,
    MessageWritten,
    Policy,
    PriorityChanged,
    Promised,
    SlaClockKind,
    StatusChanged,
    TicketFact,
    clocks,
)
from models.sla.selection import NOTHING_SELECTED, Book, Circumstances, Edit, Selection

# What moves a ticket's clocks, an internal note excepted.
MOVING: tuple[type[Fact], ...] = (
    TicketCreated,
    TicketStatusChanged,
    TicketResolved,
    TicketClosed,
    TicketReopened,
    TicketUpdated,
    TicketTagged,
    MessageAdded,
)
# What is read to tell a ticket's clocks.
TOLD: tuple[type[Fact], ...] = (*MOVING, TicketAssigned, SlaPolicyApplied, SlaBreached)
# Instants are kept to the millisecond; a clock is breached by the first one after it was due.
MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Story:
    """What the log and the rows say of a ticket, all as of one place in the log, `upto`.

    `category_id` and `domain` (of the requester's address) are those of now. By which promise it goes has been settled,
    and recorded, up to `settled`.
    """

    ticket_id: UUID
    category_id: UUID | None
    domain: str
    events: Sequence[RecordedEvent]
    upto: int
    settled: int = 0


@dataclass(frozen=True, slots=True)
class Applied:
    """A promise that holds from `at` on because of an event, `cause_id`."""

    cause_id: UUID
    at: datetime
    selection: Selection


@dataclass(slots=True)
class Retelling:
    """A story as facts; `applied` are the promises that nobody has recorded yet. `seq` is how far it goes."""

    seq: int
    policy: Policy = NOTHING_PROMISED
    calendar: Calendar = ALWAYS_OPEN
    facts: list[TicketFact] = field(default_factory=list)
    applied: list[Applied] = field(default_factory=list)
    selection: Selection = NOTHING_SELECTED
    last_at: datetime | None = None
    status: TicketStatus = TicketStatus.OPEN
    answers: list[tuple[datetime, UUID | None]] = field(default_factory=list)
    endings: list[tuple[datetime, UUID | None]] = field(default_factory=list)
    assignees: list[tuple[datetime, UUID | None]] = field(default_factory=list)

    def as_of(self, now: datetime) -> datetime:
        """`now`, but not before the last event: where a clock was set back, what is recorded has happened."""
        return max(now, self.last_at) if self.last_at else now

    def clocks(self, now: datetime) -> list[Clock]:
        """The ticket's clocks as they stand."""
        return clocks(self.policy, self.calendar, self.facts, self.as_of(now))

    def agent_of(self, clock: Clock) -> UUID | None:
        """Whose clock it was: the agent's who met it; else of whom it was assigned to when it was met or breached."""
        if clock.met_at is not None:
            ways = self.endings if clock.kind is SlaClockKind.RESOLUTION else self.answers
            met_by = next((agent_id for at, agent_id in ways if at == clock.met_at), None)
            if met_by is not None:
                return met_by
        at = clock.met_at or clock.breached_at
        if at is None:
            return None
        return next((agent_id for since, agent_id in reversed(self.assignees) if since <= at), None)


def retold(story: Story, book: Book) -> Retelling:
    """The story as facts. Events that were recorded later happened no earlier, whatever their clocks said."""
    return _Teller(story, book).tell()


# An edit of the book, or what one write tells of the ticket.
_Step = Edit | Sequence[RecordedEvent]


class _Teller:
    """Goes through a story and the edits of the book, in the order of the log."""

    def __init__(self, story: Story, book: Book) -> None:
        self._story = story
        self._book = book
        self._recorded = {fact.cause_id: (fact, at) for fact, at in _recorded(story.events)}
        self._edits_applied = [edit for cause in self._recorded if (edit := book.edit(cause))]
        causes = [event.seq for event in story.events if event.id in self._recorded]
        # What a recorded promise follows is settled, whatever the ticket's row has come to say.
        self._settled = max(story.settled, *causes, *(edit.seq for edit in self._edits_applied), 0)
        # A promise that nobody has recorded yet was not known to those who recorded a breach: it came after that.
        breaches = (event.occurred_at for event in story.events if isinstance(event.fact, SlaBreached))
        self._unbroken_since = max((at + MOMENT for at in breaches), default=None)
        self._tags: set[UUID] = set()
        self._category_id = first_category(story)
        self._status = TicketStatus.OPEN
        self._created: RecordedEvent | None = None
        self._at: datetime | None = None
        self._promised_at: datetime | None = None
        self._told = Retelling(seq=0)

    def tell(self) -> Retelling:
        story, told = self._story, self._told
        happened = [event for event in story.events if not isinstance(event.fact, SlaPolicyApplied)]
        moving = [event for event in happened if not isinstance(event.fact, SlaBreached)]
        edits: Iterable[_Step] = self._edits(moving)
        steps: Iterable[_Step] = _grouped(happened)
        for step in merge(edits, steps, key=_seq_of):
            if isinstance(step, Edit):
                self._edit(step)
            else:
                self._happens(step)
        told.seq = max([min(self._book.seq, story.upto), *(event.seq for event in moving)])
        told.status = self._status
        told.last_at = max((at for at in (self._at, self._promised_at) if at), default=None)
        return told

    def _edits(self, moving: Sequence[RecordedEvent]) -> list[Edit]:
        """The edits that the ticket has seen, and that have made a difference to it or may do so yet."""
        created = moving[0].seq if moving else self._story.upto
        new = self._book.edits_after(max(self._settled, created))
        seen = {edit.event_id: edit for edit in (*self._edits_applied, *new)}
        return sorted((edit for edit in seen.values() if edit.seq <= self._story.upto), key=attrgetter("seq"))

    def _edit(self, edit: Edit) -> None:
        """A resolved or closed ticket keeps its promise until it comes back."""
        if edit.event_id not in self._recorded and self._status in FINISHED:
            return
        self._promise(edit.event_id, edit.seq, max(edit.at, self._at or edit.at), None)

    def _happens(self, group: Sequence[RecordedEvent]) -> None:
        event = group[-1]
        at = self._at = max(event.occurred_at, self._at or event.occurred_at)
        match event.fact:
            case SlaBreached():
                self._at = max(at, event.occurred_at + MOMENT)
            case MessageAdded(author_kind=author_kind, internal=internal):
                if self._opens(event):
                    author_kind = ActorKind.CUSTOMER
                self._told.facts.append(MessageWritten(at, author_kind, internal))
                if author_kind is ActorKind.AGENT and not internal:
                    self._told.answers.append((at, event.actor_id))
            case TicketAssigned(assignee_id=assignee_id):
                self._told.assignees.append((at, assignee_id))
            case TicketStatusChanged(status=status):
                self._moves(status, at)
            case TicketResolved():
                self._ends(event, TicketStatus.RESOLVED, at)
            case TicketClosed():
                self._ends(event, TicketStatus.CLOSED, at)
            case TicketReopened():
                self._promise(event.id, event.seq, at, None)
                self._moves(TicketStatus.OPEN, at)
            case _:
                self._changes(group, at)

    def _opens(self, message: RecordedEvent) -> bool:
        """Whether a message is the one that the ticket was made with: it asks, whoever wrote it."""
        created, self._created = self._created, None
        return created is not None and (created.occurred_at, created.actor_id) == (
            message.occurred_at,
            message.actor_id,
        )

    def _moves(self, status: TicketStatus, at: datetime) -> None:
        self._status = status
        self._told.facts.append(StatusChanged(at, status))

    def _ends(self, event: RecordedEvent, status: TicketStatus, at: datetime) -> None:
        self._told.endings.append((at, event.actor_id if event.actor_kind is ActorKind.AGENT else None))
        self._moves(status, at)

    def _changes(self, group: Sequence[RecordedEvent], at: datetime) -> None:
        """What one write says of tags, category and priority is one change: nothing in between was ever promised."""
        created: TicketCreated | None = None
        priority: TicketPriority | None = None
        chooses = False
        for event in group:
            match event.fact:
                case TicketCreated() as created:
                    chooses = True
                case TicketTagged(added=added, removed=removed):
                    self._tags |= set(added)
                    self._tags -= set(removed)
                    chooses = True
                case TicketUpdated(fields=fields) as updated:
                    if TicketField.CATEGORY in fields:
                        self._category_id = updated.category_id
                        chooses = True
                    priority = updated.priority or priority
        if created:
            self._created = group[0]
            self._told.facts.append(Created(at, created.priority))
        last = group[-1]
        chooses = chooses and (self._status not in FINISHED or last.id in self._recorded)
        told_at_once = chooses and self._promise(last.id, last.seq, at, priority)
        if priority is not None and not told_at_once:
            self._told.facts.append(PriorityChanged(at, priority))

    def _promise(self, cause_id: UUID, seq: int, at: datetime, priority: TicketPriority | None) -> bool:
        """Choose the promise anew; whether it is another one, and so is told together with the priority."""
        recorded = self._recorded.get(cause_id)
        if recorded is not None:
            fact, recorded_at = recorded
            calendar = self._book.calendar(fact.calendar_version_id)
            return self._is_promised(
                Selection(self._book.policy(fact.policy_version_id), calendar), recorded_at, priority
            )
        if seq <= self._settled:
            return False
        tags = frozenset(self._tags)
        selection = self._book.in_force(seq).select(Circumstances(tags, self._category_id, self._story.domain))
        if selection.promises_as(self._told.selection):
            return False
        at = max(at, self._promised_at or at, self._unbroken_since or at)
        self._told.applied.append(Applied(cause_id, at, selection))
        return self._is_promised(selection, at, priority)

    def _is_promised(self, selection: Selection, at: datetime, priority: TicketPriority | None) -> bool:
        told = self._told
        before, told.selection, self._promised_at = told.selection, selection, at
        policy = selection.policy.definition.policy if selection.policy else NOTHING_PROMISED
        if policy.version is None and before.policy:
            # Clocks that were breached before stay, under the name of what they broke.
            policy = replace(policy, version=before.policy.id)
        calendar = selection.calendar.definition.calendar if selection.calendar else ALWAYS_OPEN
        if told.facts and isinstance(told.facts[-1], Created) and told.facts[-1].at == at:
            told.policy, told.calendar = policy, calendar
            return True
        told.facts.append(Promised(at, policy, calendar, priority))
        return True


def _recorded(events: Sequence[RecordedEvent]) -> Iterator[tuple[SlaPolicyApplied, datetime]]:
    """The promises that the log says applied, and since when."""
    for event in events:
        if isinstance(event.fact, SlaPolicyApplied):
            yield event.fact, event.occurred_at


def first_category(story: Story) -> UUID | None:
    """The category that the ticket was created in."""
    for event in story.events:
        if isinstance(event.fact, TicketUpdated) and TicketField.CATEGORY in event.fact.fields:
            return event.fact.previous_category_id
    return story.category_id


def _grouped(events: Sequence[RecordedEvent]) -> Iterator[list[RecordedEvent]]:
    """Events one by one, but together where one write tells several things that choose the promise."""
    group: list[RecordedEvent] = []
    for event in events:
        if group and not _goes_on(group[-1], event):
            yield group
            group = []
        group.append(event)
    if group:
        yield group


def _goes_on(before: RecordedEvent, event: RecordedEvent) -> bool:
    return (
        event.seq == before.seq + 1
        and event.occurred_at == before.occurred_at
        and isinstance(before.fact, TicketCreated | TicketTagged | TicketUpdated)
        and isinstance(event.fact, TicketTagged | TicketUpdated)
    )


def _seq_of(step: _Step) -> int:
    return step.seq if isinstance(step, Edit) else step[-1].seq
