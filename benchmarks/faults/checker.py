"""What must hold after any faults: the ledger of what was acknowledged against the database's rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from benchmarks.faults.clients import Known, Ledger
from benchmarks.faults.subscribers import Subscriber
from models.database import Database
from models.mail import MailKind, message_id


@dataclass
class Verdict:
    """Each a list of sentences, empty where all is well."""

    lost: list[str]
    doubled: list[str]
    torn: list[str]
    gaps: list[str]

    @property
    def sentences(self) -> list[str]:
        """All."""
        return [*self.lost, *self.doubled, *self.torn, *self.gaps]


async def verdict(database: Database, ledger: Ledger) -> Verdict:
    """Judge an organization whose clients have all been told what came of what they sent."""
    found = Verdict([], [], [], [])
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


async def mails_of(database: Database, ledgers: Collection[Ledger], domain: str) -> set[str]:
    """The Message-IDs of the mails that follow what was acknowledged: of each ticket a confirmation, each public answer
    and each resolution, all to the requester."""
    wanted: set[str] = set()
    for ledger in ledgers:
        requesters = {
            row["id"]: row["requester_id"]
            for row in await database.fetch(
                "SELECT id, requester_id FROM support_ticket WHERE organization_id = $1", ledger.organization_id
            )
        }
        answers = {id for known in ledger.tickets for id, (_, internal) in known.messages.items() if not internal}
        rows = await database.fetch(
            "SELECT id, type, ticket_id, data FROM support_event WHERE organization_id = $1 AND type = ANY($2)",
            ledger.organization_id,
            ["TicketCreated", "MessageAdded", "TicketResolved"],
        )
        for row in rows:
            kind = _KINDS[row["type"]]
            if kind is not MailKind.AGENT_REPLY or UUID(row["data"]["message_id"]) in answers:
                wanted.add(message_id(row["id"], kind, requesters[row["ticket_id"]], domain))
    return wanted


_KINDS = {
    "TicketCreated": MailKind.TICKET_CONFIRMATION,
    "MessageAdded": MailKind.AGENT_REPLY,
    "TicketResolved": MailKind.TICKET_RESOLVED,
}
