"""One-time links by which invited people come in: made, stored as hashes, accepted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor
from models.database import Database
from models.errors import InvalidInput, NotFound
from models.events import MemberChanged
from models.fields import new_id
from models.organizations import Invitation, MemberChange, Membership
from models.rows import load, new, select
from models.writer import Write, lock, organization_write
from resolvers.access import access
from resolvers.passwords import Passwords, check_new
from resolvers.sessions import Begun, begin_session, end_shown
from resolvers.throttle import count_account, count_address
from resolvers.tokens import token_hash

INVITATION_PREFIX = "hi_"
INVITATION_LIFE = timedelta(days=7)
_OTHER_PASSWORD = "You have a password here already, from another organization: accept with that one."


async def issue_invitation(write: Write, member: Membership) -> tuple[str, datetime]:
    """A new link for a member that the write holds, and when it expires. Earlier ones are worthless from then on.

    The text is known here and now only, and begins with `hi_`, so that scanners for leaked secrets can know it.
    """
    await revoke_invitations(write, member)
    text = INVITATION_PREFIX + secrets.token_urlsafe(32)
    expires_at = write.now + INVITATION_LIFE
    write.insert(
        new(
            Invitation,
            organization_id=member.organization_id,
            membership_id=member.id,
            token_hash=token_hash(text),
            created_at=write.now,
            expires_at=expires_at,
        )
    )
    return text, expires_at


async def revoke_invitations(write: Write, member: Membership) -> None:
    """Make all links of a member that the write holds worthless."""
    await write.connection.execute("DELETE FROM support_invitation WHERE membership_id = $1", member.id)


async def invited_member(database: Database, token: str) -> Membership | None:
    """Whom a link is for; None if it is unknown, used or expired, or whoever was invited has been removed."""
    row = await database.fetchrow(
        f"{select(Membership)} JOIN support_invitation invitation ON invitation.membership_id = t.id"
        " WHERE invitation.token_hash = $1 AND invitation.accepted_at IS NULL AND invitation.expires_at > $2"
        " AND t.deactivated_at IS NULL",
        token_hash(token),
        database.now(),
    )
    return load(Membership, row) if row else None


async def use_invitation(write: Write, member: Membership, token: str) -> None:
    """Use a link up, in a write that holds the member; raises NotFound if it is not open any more.

    The member is locked before the link, as where a link is made, so that the two never wait for each other.
    """
    row = await lock(
        write,
        f"{select(Invitation)} WHERE t.membership_id = $1 AND t.token_hash = $2 AND t.accepted_at IS NULL"
        " AND t.expires_at > $3",
        member.id,
        token_hash(token),
        write.now,
    )
    if row is None or member.deactivated_at:
        raise NotFound("invitation", ["token"])
    write.update(load(Invitation, row), accepted_at=write.now)


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Somebody with a link, from where, and with which session's cookie if any."""

    token: str
    password: str
    address: str
    cookie: str | None = None


async def accept_invitation(database: Database, passwords: Passwords, wanted: Acceptance) -> Begun:
    """Join and begin a session; the cookie's old one ends. Whoever has an account already comes with its password."""
    await count_address(database, wanted.address)
    member = await invited_member(database, wanted.token)
    if member is None or member.email is None:
        raise NotFound("invitation", ["token"])
    await count_account(database, member.email)
    stored = await _stored_password(database, passwords, member.email, wanted.password)
    actor = Actor.member(database, member.organization_id, member.id, member.role)
    async with organization_write(actor) as write:
        joining = await access(write, Membership, member.id)
        await use_invitation(write, joining, wanted.token)
        write.update(joining, user_id=await _account(write, member.email, stored))
        write.record(MemberChanged(member_id=joining.id, change=MemberChange.JOINED, role=joining.role))
        begun = begin_session(write, joining)
    await end_shown(database, wanted.cookie)
    return begun


async def _stored_password(database: Database, passwords: Passwords, email: str, password: str) -> str:
    """What the account has, or else will have, of the password; raises InvalidInput if it has another one."""
    known: str | None = await database.fetchval("SELECT password_hash FROM support_user WHERE email = $1", email)
    if known is None:
        check_new(password, "password")
        return await passwords.hash(password)
    if not await passwords.are_equal(password, known):
        raise InvalidInput(_OTHER_PASSWORD, ["password"])
    return known


async def _account(write: Write, email: str, stored: str) -> UUID:
    # DO UPDATE, not DO NOTHING: the row of a transaction that committed meanwhile must come back too.
    row = await write.connection.fetchrow(
        "INSERT INTO support_user AS account (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (email) DO UPDATE SET password_hash = coalesce(account.password_hash, EXCLUDED.password_hash)"
        " RETURNING id, password_hash",
        new_id(),
        email,
        stored,
        write.now,
    )
    if row is None:
        raise LookupError("an upsert returns its row")
    if row["password_hash"] != stored:
        raise InvalidInput(_OTHER_PASSWORD, ["password"])
    account_id: UUID = row["id"]
    return account_id
