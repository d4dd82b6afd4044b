"""What must hold after any faults: the ledger of what was acknowledged against the database's rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from benchmarks.faults.clients import Known, Ledger
from benchmarks.faults.subscribers import Subscriber
from models.database import Database
from models.mail import MailKind, message_id
from models.recorded import RecordedEvent
from tasks.reactions import REACTIONS, following, specs_by_name


@dataclass
class Verdict:
    """Each a list of sentences, empty where all is well."""

    lost: list[str]
    doubled: list[str]
    torn: list[str]
    gaps: list[str]
    unfollowed: list[str]

    @property
    def sentences(self) -> list[str]:
        """All."""
        return [*self.lost, *self.doubled, *self.torn, *self.gaps, *self.unfollowed]


async def verdict(database: Database, ledger: Ledger, *, followed: bool) -> Verdict:
    """Judge an organization whose clients have all been told what came of what they sent; `followed`: and whose
    reactions have all had their time."""
    found = Verdict([], [], [], [], [])
    of = ledger.organization_id
    tickets = await database.fetch(
        "SELECT t.*, ARRAY(SELECT name FROM support_ticket_tag g WHERE g.ticket_id = t.id ORDER BY name) AS tags"
        " FROM support_ticket t WHERE organization_id = $1 ORDER BY number",
        of,
    )
    messages = await database.fetch("SELECT * FROM support_ticket_message WHERE organization_id = $1", of)
    events = await database.fetch("SELECT * FROM support_event WHERE organization_id = $1 ORDER BY seq", of)
    _writes(found, ledger, tickets, messages)
    _whole(found, tickets, messages, events, ledger)
    await _log(found, database, of, events)
    await _drafts(found, database, ledger, events, ended=followed)
    if followed:
        await _followed(found, database, of, events)
    return found


def _writes(found: Verdict, ledger: Ledger, tickets: Sequence[Any], messages: Sequence[Any]) -> None:
    """Acknowledged writes are there, as acknowledged; and nothing is there that was not."""
    rows = {row["id"]: row for row in tickets}
    bodies = {row["id"]: row for row in messages}
    for known in ledger.tickets:
        row = rows.get(known.id)
        if row is None:
            found.lost.append(f"ticket {known.words}")
            continue
        stored = (row["number"], row["subject"], row["status"].upper(), row["priority"].upper(), row["tags"])
        told = (known.number, known.words, known.status, known.priority, sorted(known.tags))
        if stored != told:
            found.lost.append(f"ticket {known.words} is {stored} and was told to be {told}")
        for id, (words, internal) in known.messages.items():
            message = bodies.get(id)
            if message is None or (message["body"], message["internal"]) != (words, internal):
                found.lost.append(f"message {words}")
    acknowledged = Counter(known.words for known in ledger.tickets)
    for words, count in Counter(row["subject"] for row in tickets).items():
        if count > acknowledged[words]:
            found.doubled.append(f"{count} tickets {words}, {acknowledged[words]} acknowledged")
    written = Counter(words for known in ledger.tickets for words, _ in known.messages.values()) + acknowledged
    for words, count in Counter(row["body"] for row in messages).items():
        if count > written[words]:
            found.doubled.append(f"{count} messages {words}, {written[words]} acknowledged")


def _whole(
    found: Verdict, tickets: Sequence[Any], messages: Sequence[Any], events: Sequence[Any], ledger: Ledger
) -> None:
    """Of each write all parts are there: row, counters, thread, facts."""
    threads: dict[UUID, list[Any]] = defaultdict(list)
    for message in messages:
        threads[message["ticket_id"]].append(message)
    facts = Counter((row["ticket_id"], row["type"]) for row in events)
    told = Counter(UUID(row["data"]["message_id"]) for row in events if row["type"] == "MessageAdded")
    known = {each.id: each for each in ledger.tickets}
    for row in tickets:
        thread, name = threads[row["id"]], row["subject"]
        public = [message for message in thread if not message["internal"]]
        if (row["message_count"], row["public_message_count"]) != (len(thread), len(public)) or not public:
            found.torn.append(f"ticket {name} counts {row['message_count']} messages of {len(thread)}")
        if (row["status"] == "resolved") != (row["resolved_at"] is not None):
            found.torn.append(f"ticket {name} is {row['status']}, resolved at {row['resolved_at']}")
        if facts[row["id"], "TicketCreated"] != 1:
            found.torn.append(f"ticket {name} was created {facts[row['id'], 'TicketCreated']} times in the log")
        if each := known.get(row["id"]):
            _once(found, each, facts)
    for message in messages:
        if told[message["id"]] != 1:
            found.torn.append(f"message {message['body']} is {told[message['id']]} times in the log")
    there = {message["id"] for message in messages}
    found.torn += [f"message {id} is in the log alone" for id in told if id not in there]
    if [row["number"] for row in tickets] != [*range(1, len(tickets) + 1)]:
        found.torn.append("the tickets' numbers have gaps")


def _once(found: Verdict, known: Known, facts: Mapping[tuple[UUID, str], int]) -> None:
    for kind, count in (("TicketResolved", known.resolved), ("TicketReopened", known.reopened)):
        there = facts[known.id, kind]
        if there < count:
            found.lost.append(f"ticket {known.words}: {there} {kind} of {count}")
        if there > count:
            found.doubled.append(f"ticket {known.words}: {there} {kind} of {count}")


async def _log(found: Verdict, database: Database, of: UUID, events: Sequence[Any]) -> None:
    counter = await database.fetchval("SELECT seq FROM support_event_counter WHERE organization_id = $1", of)
    if [row["seq"] for row in events] != [*range(1, counter + 1)]:
        found.gaps.append(f"the log of {of} has {len(events)} events and its counter says {counter}")


async def _drafts(found: Verdict, database: Database, ledger: Ledger, events: Sequence[Any], *, ended: bool) -> None:
    """Each draft that was asked for is there, and ends; for no event there are two."""
    rows = await database.fetch(
        "SELECT s.id, s.event_id, s.status, coalesce(max(r.attempts), 1) AS attempts FROM support_ai_suggestion s"
        " LEFT JOIN support_reaction r ON r.event_id = s.event_id WHERE s.organization_id = $1 GROUP BY s.id",
        ledger.organization_id,
    )
    there = {row["id"] for row in rows}
    found.lost += [f"draft {id}" for id in ledger.drafts if id not in there]
    asked = Counter(row["data"]["suggestion_id"] for row in events if row["type"] == "SuggestionRequested")
    if asked.total() > len(ledger.drafts):
        found.doubled.append(f"{asked.total()} drafts were asked for, {len(ledger.drafts)} acknowledged")
    for event_id, count in Counter(row["event_id"] for row in rows).items():
        if count > 1:
            found.doubled.append(f"{count} drafts for event {event_id}")
    ready = Counter(UUID(row["data"]["suggestion_id"]) for row in events if row["type"] == "SuggestionReady")
    for row in rows:
        due = int(row["status"] != "generating")
        # An attempt that failed says so; the next may do better, and says so too.
        if not due <= ready[row["id"]] <= due * row["attempts"]:
            found.torn.append(f"draft {row['id']} is {row['status']}, and {ready[row['id']]} times ready in the log")
        if ended and not due:
            found.unfollowed.append(f"draft {row['id']} never came")


# These wait for a day.
_LATER = "survey"
UNSETTLED = f"SELECT count(*) FROM support_reaction WHERE status = 'due' AND name <> '{_LATER}'"


async def _followed(found: Verdict, database: Database, of: UUID, events: Sequence[Any]) -> None:
    """Each event has the reactions that the table says, and all are done."""
    rows = await database.fetch("SELECT * FROM support_reaction WHERE organization_id = $1", of)
    planned = {(row["event_id"], row["name"]): row for row in rows}
    for each in events:
        if not each["reacts"]:
            continue
        event = RecordedEvent.from_row(dict(each))
        for spec in following(REACTIONS, event):
            row = planned.pop((event.id, spec.name), None)
            status = row["status"] if row else "nowhere"
            if status != "done" and (status, spec.name) != ("due", _LATER):
                error = row["error"] if row else None
                found.unfollowed.append(f"{spec.name} of {each['type']} {event.id} is {status}: {error}")
    # What follows a death is told of with it.
    deaths = {spec.on_death.name for spec in specs_by_name(REACTIONS).values() if spec.on_death}
    found.doubled += [f"{name} of {event_id} follows from nothing" for event_id, name in planned if name not in deaths]


async def shown_to(database: Database, subscriber: Subscriber, after: int) -> list[UUID]:
    """The events that a subscriber must have been shown, in order."""
    rows = await database.fetch(
        "SELECT id, visibility, person_id FROM support_event WHERE organization_id = $1 AND seq > $2 ORDER BY seq",
        subscriber.organization_id,
        after,
    )
    of_all = {"customer", "staff"} if subscriber.staff else set()
    of_own = {"person"} if subscriber.staff else {"customer", "person"}
    return [
        row["id"]
        for row in rows
        if row["visibility"] in of_all or (row["visibility"] in of_own and row["person_id"] == subscriber.who)
    ]


async def wrongly_shown(database: Database, customer: Subscriber, after: int) -> list[str]:
    """What a customer was shown and may not know, or was not shown and may, whatever the rows say of who may see them.

    Theirs is what happens to their own tickets, but for notes and tags.
    """
    rows = await database.fetch(_THEIRS, customer.organization_id, customer.who, after)
    theirs = {row["id"] for row in rows}
    owed = {row["id"] for row in rows if row["type"] in _TOLD}
    shown = set(customer.shown)
    # What came into the log after the rows were read is no mistake.
    known = {
        row["id"]
        for row in await database.fetch(
            "SELECT id FROM support_event WHERE organization_id = $1", customer.organization_id
        )
    }
    return [
        *(f"customer {customer.who} was shown event {id}" for id in shown & known - theirs),
        *(f"customer {customer.who} was not shown event {id}" for id in owed - shown),
    ]


_TOLD = ("TicketCreated", "MessageAdded", "TicketResolved", "TicketReopened")
_THEIRS = """
SELECT e.id, e.type FROM support_event e
JOIN support_ticket t ON t.id = e.ticket_id AND t.requester_id = $2
LEFT JOIN support_ticket_message m ON m.id = (e.data ->> 'message_id')::uuid
WHERE e.organization_id = $1 AND e.seq > $3 AND e.type <> ALL('{TicketTagged,TicketAssigned}')
    AND e.type NOT LIKE 'Suggestion%' AND e.type NOT LIKE 'Sla%' AND NOT coalesce(m.internal, FALSE)
"""


async def mails_of(database: Database, ledgers: Collection[Ledger], domain: str) -> dict[str, datetime]:
    """The mails that follow what was acknowledged, by Message-ID, and since when each is due: of each ticket a
    confirmation, each public answer and each resolution, all to the requester."""
    wanted: dict[str, datetime] = {}
    for ledger in ledgers:
        requesters = {
            row["id"]: row["requester_id"]
            for row in await database.fetch(
                "SELECT id, requester_id FROM support_ticket WHERE organization_id = $1", ledger.organization_id
            )
        }
        answers = {id for known in ledger.tickets for id, (_, internal) in known.messages.items() if not internal}
        rows = await database.fetch(
            "SELECT * FROM support_event WHERE organization_id = $1 AND type = ANY($2)",
            ledger.organization_id,
            ["TicketCreated", "MessageAdded", "TicketResolved"],
        )
        for row in rows:
            kind = _KINDS[row["type"]]
            if kind is not MailKind.AGENT_REPLY or UUID(row["data"]["message_id"]) in answers:
                wanted[message_id(row["id"], kind, requesters[row["ticket_id"]], domain)] = row["recorded_at"]
    return wanted


_KINDS = {
    "TicketCreated": MailKind.TICKET_CONFIRMATION,
    "MessageAdded": MailKind.AGENT_REPLY,
    "TicketResolved": MailKind.TICKET_RESOLVED,
}
