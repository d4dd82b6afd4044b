"""One-time links by which invited people come in: made, stored as hashes, found again."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from models.database import Database
from models.errors import NotFound
from models.organizations import Invitation, Membership
from models.rows import load, new, select
from models.writer import Write, lock
from resolvers.tokens import token_hash

INVITATION_PREFIX = "hi_"
INVITATION_LIFE = timedelta(days=7)


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
