"""Who belongs to an organization: invited, given another role, removed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from models.actors import Actor, Role
from models.database import Database, OneTransaction
from models.errors import Conflict, InvalidInput
from models.events import MemberChanged, SavedViewChanged
from models.fact import Change
from models.lifecycle import FINISHED
from models.organizations import MemberChange, Membership, TokenChange
from models.rows import load_all, select
from models.tickets import Ticket
from models.writer import Write, lock_all, organization_write
from resolvers import inputs
from resolvers.access import STAFF, access, operation
from resolvers.assigning import assign
from resolvers.invitations import issue_invitation, revoke_invitations
from resolvers.last_admin import keep_an_admin, lock_admins
from resolvers.mail import forget_mail
from resolvers.organizations import create_organization
from resolvers.people import NAME_LIMIT, find_or_create_customer
from resolvers.tokens import record_change

R = TypeVar("R")

FORMER = "Former member"
# So many times the tickets of somebody who goes are looked for, while others go on assigning.
ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """The one time that an invitation's text is known."""

    member_id: UUID
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Founded:
    """A new organization and, where it was founded for somebody, the invitation of its first admin."""

    id: UUID
    invitation: NewInvitation | None


@dataclass(frozen=True, slots=True)
class Removal:
    """Who is to go and what becomes of what they leave: one of `reassign_to` and `unassign` where tickets are open."""

    user_id: UUID | None
    reassign_to: UUID | None = None
    unassign: bool = False
    anonymize: bool = False


async def found_organization(
    database: Database, name: str, slug: str, timezone: str, admin: str | None, *, service_levels: bool = True
) -> Founded:
    """A new organization with an invitation for its first admin, if there is one. Nothing without the other."""
    async with OneTransaction.of(database) as whole:
        organization_id = await create_organization(whole, name, slug, timezone, service_levels=service_levels)
        if admin is None:
            return Founded(organization_id, None)
        shown = inputs.email(admin, "admin").split("@")[0]
        actor = Actor.system(whole, organization_id)
        return Founded(organization_id, await invite_member(actor, admin, shown[:NAME_LIMIT], Role.ADMIN))


@operation
async def invite_member(actor: Actor, email: str, name: str, role: Role) -> NewInvitation:
    """Let somebody in by a link of one use. A customer or a removed member comes back with all their history.

    Whoever was invited before and has not come yet gets a new link, and the old one is worthless.
    """
    address = inputs.email(email, "email")
    shown = inputs.line(name, "name", NAME_LIMIT)
    if role is Role.CUSTOMER:
        raise InvalidInput("Customers need no invitation: they are there with their first ticket.", ["role"])
    async with organization_write(actor) as write:
        admins = await lock_admins(write)
        # Made as a customer where there is nobody yet, as two writes at once then get the same one.
        member = await find_or_create_customer(write, address, shown)
        await _bring_in(write, member, admins, role, shown)
        token, expires_at = await issue_invitation(write, member)
        write.record(MemberChanged(member_id=member.id, change=MemberChange.INVITED, role=role))
    return NewInvitation(member.id, token, expires_at)


async def _bring_in(write: Write, member: Membership, admins: Sequence[Membership], role: Role, name: str) -> None:
    """Make a member of somebody who is known already."""
    if member.role is not Role.CUSTOMER and member.user_id and not member.deactivated_at:
        raise Conflict("This address is a member's already.", ["email"])
    if member.role is Role.CUSTOMER:
        # What let a customer in must not open the agents' door before the invitation is accepted.
        await close_doors(write, member)
        write.update(member, user_id=None)
    if role is not member.role:
        await _leave_role(write, member, admins, role)
    write.update(member, role=role, name=name, deactivated_at=None)


@operation
async def change_member_role(actor: Actor, user_id: UUID | None, role: Role) -> UUID:
    """Make somebody something else. Their tokens act at most in the new role from the next request on."""
    async with organization_write(actor) as write:
        admins = await lock_admins(write)
        member = await access(write, Membership, user_id, ["user_id"])
        if member.deactivated_at:
            raise Conflict("This member was removed; invite them to bring them back.", ["user_id"])
        if role is not member.role:
            await _leave_role(write, member, admins, role)
            write.update(member, role=role)
            write.record(MemberChanged(member_id=member.id, change=MemberChange.ROLE_CHANGED, role=role))
    return member.id


async def _leave_role(write: Write, member: Membership, admins: Sequence[Membership], role: Role) -> None:
    if role is not Role.ADMIN:
        keep_an_admin(member, admins, "role")
    if role not in STAFF and (many := await _count_open_tickets(write, member.id)):
        raise Conflict(
            f"{_tickets(many)} assigned to this member; give them to somebody who answers customers first.", ["role"]
        )


@operation
async def remove_member(actor: Actor, wanted: Removal) -> UUID:
    """Shut somebody out at once: tokens, sessions and invitations end; what they wrote and asked for stays.

    Their open tickets go to `reassign_to` or to nobody, each with its event; the statuses stay. Private views go with
    them, shared ones to the admin who removes them.
    """
    return await with_all_tickets(lambda: _remove(actor, wanted))


async def _remove(actor: Actor, wanted: Removal) -> UUID:
    async with organization_write(actor) as write:
        # Tickets before people, admins too: whoever assigns a ticket locks them in this order.
        held = await open_tickets_of(write, wanted.user_id)
        admins = await lock_admins(write)
        member = await access(write, Membership, wanted.user_id, ["user_id"])
        await expect_no_more_tickets(write, member, {ticket.id for ticket in held})
        keep_an_admin(member, admins)
        if member.deactivated_at and not (wanted.anonymize and member.email):
            raise Conflict("This member was removed before.", ["user_id"])
        await _hand_over(write, member, wanted)
        if not member.deactivated_at:
            await shut_out(write, member, heir_of(write, member, admins))
            write.record(MemberChanged(member_id=member.id, change=MemberChange.REMOVED, role=member.role))
        if wanted.anonymize:
            await forget_mail(write, [], member.id)
            write.update(member, name=FORMER, email=None, timezone=None)
            write.record(MemberChanged(member_id=member.id, change=MemberChange.ANONYMIZED, role=member.role))
    return member.id


async def _hand_over(write: Write, member: Membership, wanted: Removal) -> None:
    if wanted.reassign_to and wanted.unassign:
        raise InvalidInput("Reassign the open tickets or leave them to nobody, not both.", ["unassign"])
    if wanted.reassign_to:
        await _somebody_else(write, member, wanted.reassign_to)
    tickets = await open_tickets_of(write, member.id)
    if tickets and not (wanted.reassign_to or wanted.unassign):
        raise InvalidInput(
            f"{_tickets(len(tickets))} assigned to this member: say who gets them (reassignTo) or leave them to nobody"
            " (unassign).",
            ["reassign_to"],
        )
    reassign(write, tickets, wanted.reassign_to)


async def _somebody_else(write: Write, member: Membership, user_id: UUID) -> None:
    other = await access(write, Membership, user_id, ["reassign_to"])
    if other.id == member.id or other.role not in STAFF or other.deactivated_at:
        raise InvalidInput("Tickets are reassigned to another active agent or admin only.", ["reassign_to"])


async def close_doors(write: Write, member: Membership) -> None:
    """End everything by which a locked member gets in, but for the account's password."""
    await revoke_invitations(write, member)
    await write.connection.execute("DELETE FROM support_session WHERE membership_id = $1", member.id)
    revoked = await write.connection.fetch(
        "UPDATE support_api_token SET revoked_at = $2 WHERE membership_id = $1 AND revoked_at IS NULL RETURNING id",
        member.id,
        write.now,
    )
    for row in revoked:
        record_change(write, row["id"], member.id, TokenChange.REVOKED)


async def shut_out(write: Write, member: Membership, heir: UUID | None) -> int:
    """End a locked membership; shared views go on as the heir's. Returns how many accounts are gone with it: 0 or 1."""
    await close_doors(write, member)
    await write.connection.execute("DELETE FROM support_notification WHERE user_id = $1", member.id)
    await write.connection.execute("DELETE FROM support_preference WHERE member_id = $1", member.id)
    await write.connection.execute("DELETE FROM support_saved_view WHERE owner_id = $1 AND NOT shared", member.id)
    inherited = await write.connection.fetch(
        "UPDATE support_saved_view SET owner_id = $2, version = version + 1, updated_at = $3 WHERE owner_id = $1"
        " RETURNING id",
        member.id,
        heir,
        write.now,
    )
    for row in inherited:
        write.record(SavedViewChanged(view_id=row["id"], change=Change.UPDATED, shared=True))
    gone = await write.connection.fetchval(
        "WITH gone AS (DELETE FROM support_user account WHERE account.id = $1 AND NOT EXISTS"
        " (SELECT 1 FROM support_membership other WHERE other.user_id = account.id AND other.id <> $2)"
        " RETURNING 1) SELECT count(*) FROM gone",
        member.user_id,
        member.id,
    )
    write.update(member, user_id=None, deactivated_at=member.deactivated_at or write.now)
    return int(gone)


def heir_of(write: Write, member: Membership, admins: Iterable[Membership]) -> UUID | None:
    """Whose a leaving member's shared views become: the acting admin's, or another one's who stays."""
    staying = [admin.id for admin in admins if admin.id != member.id]
    return write.actor.user_id if write.actor.user_id in staying else next(iter(staying), None)


class TicketsCame(Conflict):
    """Somebody gave a member tickets after those that there were had been locked, and before the member was."""


async def with_all_tickets(attempt: Callable[[], Awaitable[R]]) -> R:
    """Begin again, with no lock left, where tickets came: waiting for them with people locked would be a ring."""
    for _ in range(ATTEMPTS - 1):
        with suppress(TicketsCame):
            return await attempt()
    return await attempt()


async def expect_no_more_tickets(write: Write, member: Membership, held: Collection[UUID]) -> None:
    """Raise TicketsCame where a locked member has unfinished tickets beside those that the write holds."""
    rows = await write.connection.fetch(
        "SELECT id FROM support_ticket WHERE organization_id = $1 AND assignee_id = $2 AND status <> ALL($3)",
        write.actor.organization_id,
        member.id,
        sorted(FINISHED),
    )
    if any(row["id"] not in held for row in rows):
        raise TicketsCame("Somebody is giving this member tickets at the same moment; try again.")


async def _count_open_tickets(write: Write, member_id: UUID) -> int:
    """How many unfinished tickets a locked member has. They are not locked, as whoever holds one may wait for the
    member: nobody gives this member another one meanwhile."""
    many: int = await write.connection.fetchval(
        "SELECT count(*) FROM support_ticket WHERE organization_id = $1 AND assignee_id = $2 AND status <> ALL($3)",
        write.actor.organization_id,
        member_id,
        sorted(FINISHED),
    )
    return many


async def open_tickets_of(write: Write, user_id: UUID | None) -> list[Ticket]:
    """The unfinished tickets that are assigned to somebody, locked in the order of their ids."""
    rows = await lock_all(
        write,
        f"{select(Ticket)} WHERE t.organization_id = $1 AND t.assignee_id = $2 AND t.status <> ALL($3) ORDER BY t.id",
        write.actor.organization_id,
        user_id,
        sorted(FINISHED),
    )
    return load_all(Ticket, rows)


def reassign(write: Write, tickets: Iterable[Ticket], assignee_id: UUID | None) -> None:
    """Give locked tickets to somebody else, or to nobody; the statuses stay."""
    for ticket in tickets:
        assign(write, ticket, assignee_id)


def _tickets(many: int) -> str:
    return "One open ticket is" if many == 1 else f"{many:,} open tickets are"
