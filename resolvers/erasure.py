"""Erasing a person: every text of theirs, wherever it stands, for good."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.events import MemberChanged, SavedViewChanged
from models.fact import Change
from models.lifecycle import FINISHED
from models.organizations import MemberChange, Membership
from models.writer import Write, organization_write
from resolvers.access import access, operation
from resolvers.last_admin import keep_an_admin, lock_admins
from resolvers.mail import forget_mail
from resolvers.members import (
    expect_no_more_tickets,
    heir_of,
    open_tickets_of,
    reassign,
    shut_out,
    with_all_tickets,
)
from resolvers.throttle import forget_account

ERASED = "(erased)"
ERASED_NAME = "Erased person"


@dataclass(frozen=True, slots=True)
class Erased:
    """Who is nobody any more, and how many rows of each kind lost their text or are gone."""

    member_id: UUID
    messages: int
    tickets: int
    ratings: int
    drafts: int
    views: int
    credentials: int
    accounts: int
    mails: int


@operation
async def erase_person(actor: Actor, user_id: UUID | None) -> Erased:
    """Take out everything that a person wrote or is known by. The rows stay, so that threads and figures still add up.

    What others wrote about the person in words of their own can't be known. Erased again, what has come since goes too.
    """
    return await with_all_tickets(lambda: _erase(actor, user_id))


async def _erase(actor: Actor, user_id: UUID | None) -> Erased:
    async with organization_write(actor) as write:
        # Tickets before people, as everywhere. Whoever changes a draft or a message holds its ticket.
        held = await _lock_tickets(write, user_id)
        requested = [ticket_id for ticket_id, requester_id in held.items() if requester_id == user_id]
        admins = await lock_admins(write)
        member = await access(write, Membership, user_id, ["user_id"])
        await expect_no_more_tickets(write, member, held)
        keep_an_admin(member, admins)
        reassign(write, await open_tickets_of(write, user_id), None)
        erased = Erased(
            member_id=member.id,
            messages=await _erase_messages(write, requested, member),
            tickets=await _erase_subjects(write, requested, member.email),
            ratings=await _erase_ratings(write, requested),
            drafts=await _erase_drafts(write, requested, member),
            views=await _erase_views(write, member),
            credentials=await _erase_credentials(write, member),
            mails=await forget_mail(write, requested, member.id),
            accounts=await shut_out(write, member, heir_of(write, member, admins)),
        )
        await _erase_traces(write, requested, member)
        write.update(member, name=ERASED_NAME, email=None, timezone=None)
        write.record(MemberChanged(member_id=member.id, change=MemberChange.ERASED, role=member.role))
    return erased


async def _lock_tickets(write: Write, user_id: UUID | None) -> dict[UUID, UUID]:
    """Lock all tickets that the erasure changes, in one go and thus in one order; tells who asked for each."""
    rows = await write.connection.fetch(
        "SELECT id, requester_id FROM support_ticket WHERE organization_id = $1"
        " AND (requester_id = $2 OR assignee_id = $2 AND status <> ALL($3)) ORDER BY id FOR NO KEY UPDATE",
        write.actor.organization_id,
        user_id,
        sorted(FINISHED),
    )
    return {row["id"]: row["requester_id"] for row in rows}


async def _erase_messages(write: Write, tickets: list[UUID], member: Membership) -> int:
    """What the person wrote, and what was sent to them by canned responses and drafts: we filled those with their name,
    address and words ourselves."""
    return await _changed(
        write,
        "UPDATE support_ticket_message SET body = $2 WHERE body <> $2 AND (author_id = $1"
        " OR ticket_id = ANY($3) AND num_nonnulls(canned_response_id, suggestion_id) > 0)",
        member.id,
        ERASED,
        tickets,
    )


async def _erase_subjects(write: Write, tickets: list[UUID], address: str | None) -> int:
    # Whoever has the old subject open in an editor has read an old version.
    return await _changed(
        write,
        "UPDATE support_ticket SET subject = $2, version = version + 1, public_version = public_version + 1,"
        " external_id = CASE WHEN position($3::text IN lower(external_id)) > 0 THEN NULL ELSE external_id END"
        " WHERE id = ANY($1) AND (subject <> $2 OR position($3::text IN lower(external_id)) > 0)",
        tickets,
        ERASED,
        address,
    )


async def _erase_ratings(write: Write, tickets: list[UUID]) -> int:
    return await _changed(
        write,
        "UPDATE support_satisfaction SET comment = NULL WHERE ticket_id = ANY($1) AND comment IS NOT NULL",
        tickets,
    )


async def _erase_drafts(write: Write, tickets: list[UUID], member: Membership) -> int:
    """Drafts answer the person's words, and often in them; a draft that waits is none any more."""
    answers = await _changed(
        write,
        "UPDATE support_ai_suggestion SET body = NULL, sent_body = NULL, reason = NULL,"
        " status = CASE WHEN status IN ('pending', 'generating') THEN 'failed' ELSE status END"
        " WHERE ticket_id = ANY($1)"
        " AND (num_nonnulls(body, sent_body, reason) > 0 OR status IN ('pending', 'generating'))",
        tickets,
    )
    decisions = await _changed(
        write,
        "UPDATE support_ai_suggestion SET sent_body = NULL, reason = NULL"
        " WHERE decided_by_id = $1 AND num_nonnulls(sent_body, reason) > 0",
        member.id,
    )
    return answers + decisions


async def _erase_views(write: Write, member: Membership) -> int:
    rows = await write.connection.fetch(
        "DELETE FROM support_saved_view WHERE owner_id = $1 RETURNING id, shared", member.id
    )
    for row in rows:
        if row["shared"]:
            write.record(SavedViewChanged(view_id=row["id"], change=Change.DELETED, shared=True))
    return len(rows)


async def _erase_credentials(write: Write, member: Membership) -> int:
    """Sessions and invitations go; tokens stay as rows that tell nothing, because the log names them. They are revoked
    with all else that lets the person in."""
    await _changed(
        write,
        "DELETE FROM support_idempotency_key WHERE caller_id IN"
        " (SELECT id FROM support_api_token WHERE membership_id = $1"
        " UNION ALL SELECT id FROM support_session WHERE membership_id = $1)",
        member.id,
    )
    return (
        await _changed(write, "DELETE FROM support_session WHERE membership_id = $1", member.id)
        + await _changed(write, "DELETE FROM support_invitation WHERE membership_id = $1", member.id)
        + await _changed(
            write,
            "UPDATE support_api_token SET name = $2 WHERE membership_id = $1 AND name <> $2",
            member.id,
            ERASED,
        )
    )


async def _erase_traces(write: Write, tickets: list[UUID], member: Membership) -> None:
    """What the machinery has kept: complaints of reactions, which may quote what they choked on, and counted tries."""
    await write.connection.execute(
        "UPDATE support_reaction SET error = NULL WHERE error IS NOT NULL"
        " AND event_id IN (SELECT id FROM support_event WHERE ticket_id = ANY($1))",
        tickets,
    )
    if member.email:
        await forget_account(write, member.email)


async def _changed(write: Write, sql: str, *values: object) -> int:
    """How many rows a statement has changed or removed."""
    status: str = await write.connection.execute(sql, *values)
    return int(status.rpartition(" ")[2])
