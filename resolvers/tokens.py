"""Bearer tokens: made, stored as hashes, revoked, and turned back into actors."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import ROLE_ORDER, Actor, Role
from models.database import Database, Row
from models.errors import InvalidInput, NotAllowed
from models.events import TokenChanged
from models.organizations import ApiToken, Membership, TokenChange
from models.rows import new
from models.writer import Write, organization_write
from resolvers import inputs
from resolvers.access import access, operation
from resolvers.last_admin import keep_a_way_in, lock_admins

TOKEN_PREFIX = "hd_"
NAME_LIMIT = 100
LIVE_TOKENS = 50
LONGEST_LIFE = timedelta(days=5 * 366)


def token_hash(token: str) -> bytes:
    """What is stored of a token. A token is 256 random bits, so a plain SHA-256 can't be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def lesser(one: Role, other: Role) -> Role:
    """The role of the two that may do less."""
    return min(one, other, key=ROLE_ORDER.index)


def issue_token(
    write: Write, member: Membership, name: str, role: Role | None = None, expires_at: datetime | None = None
) -> tuple[UUID, str]:
    """A new token of a member, in the member's role unless told otherwise: its id and its text, known here only.

    The text begins with `hd_`, so that scanners for leaked secrets can know it. Whoever issues one records it.
    """
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = new(
        ApiToken,
        organization_id=member.organization_id,
        membership_id=member.id,
        name=name,
        role=role or member.role,
        token_hash=token_hash(text),
        created_at=write.now,
        expires_at=expires_at,
    )
    write.insert(token)
    return token.id, text


def record_change(write: Write, token_id: UUID, member_id: UUID, change: TokenChange) -> None:
    """Put what became of a member's token into the log, for admins and the member."""
    write.record(TokenChanged(token_id=token_id, member_id=member_id, change=change), person_id=member_id)


@operation
async def create_api_token(actor: Actor, name: str, role: Role, expires_at: datetime | None = None) -> tuple[UUID, str]:
    """A token of one's own that may do no more than one may now: its id, and its text, which is kept nowhere."""
    if actor.role is None or lesser(actor.role, role) is not role:
        raise NotAllowed("A token may do at most what you may: choose a lesser role.", ["role"])
    if role is Role.CUSTOMER:
        raise InvalidInput("Tokens of customers are made by the operator.", ["role"])
    async with organization_write(actor) as write:
        _check_expiry(write, expires_at)
        # Locked, so that of two who ask at once the second counts the first one's.
        member = await access(write, Membership, actor.user_id)
        await _leave_room(write, member)
        token_id, text = issue_token(write, member, inputs.line(name, "name", NAME_LIMIT), role, expires_at)
        record_change(write, token_id, member.id, TokenChange.CREATED)
    return token_id, text


def _check_expiry(write: Write, expires_at: datetime | None) -> None:
    made_with = write.actor.expires_at if write.actor.token_id else None
    if expires_at is None:
        if made_with:
            raise InvalidInput("This token can make none that outlives it: say when it expires.", ["expires_at"])
        return
    if expires_at <= write.now:
        raise InvalidInput("This is not in the future.", ["expires_at"])
    if expires_at > write.now + LONGEST_LIFE:
        raise InvalidInput("A token lives for five years at most, or for ever.", ["expires_at"])
    if made_with and expires_at > made_with:
        raise InvalidInput("This token can make none that outlives it.", ["expires_at"])


async def _leave_room(write: Write, member: Membership) -> None:
    live = await write.connection.fetchval(
        "SELECT count(*) FROM support_api_token WHERE membership_id = $1 AND revoked_at IS NULL"
        " AND (expires_at IS NULL OR expires_at > $2)",
        member.id,
        write.now,
    )
    if live >= LIVE_TOKENS:
        raise InvalidInput(f"You have {LIVE_TOKENS} tokens, the most that a member may have. Revoke one first.")


@operation
async def revoke_api_token(actor: Actor, token_id: UUID | None) -> UUID:
    """End a token: one's own or, for admins, anybody's. It is refused from the next request on; twice is once.

    A token ends none that may do more: a program's token that was stolen must not shut out the person it is of.
    """
    async with organization_write(actor) as write:
        admins = await lock_admins(write)
        token = await access(write, ApiToken, token_id, ["id"])
        if actor.token_id not in {None, token.id} and lesser(actor.role or token.role, token.role) is not token.role:
            raise NotAllowed("A token can't end one that may do more. Sign in, or ask an admin.", ["id"])
        if token.revoked_at is None:
            await keep_a_way_in(write, token, admins)
            write.update(token, revoked_at=write.now)
            record_change(write, token.id, token.membership_id, TokenChange.REVOKED)
    return token.id


# On what terms a member's token opens anything, at `{now}`.
TOKEN_OPENS = (
    "token.revoked_at IS NULL AND member.deactivated_at IS NULL"
    " AND (token.expires_at IS NULL OR token.expires_at > {now})"
)
OWNER = f"""
SELECT token.id, token.organization_id, token.membership_id, token.role, token.expires_at, member.role AS member_role
FROM support_api_token token JOIN support_membership member ON member.id = token.membership_id
WHERE token.token_hash = $1 AND {TOKEN_OPENS.format(now="$2")}
"""


async def actor_of_token(database: Database, token: str) -> Actor | None:
    """The actor that a token stands for; None if it is unknown, expired or revoked, or its owner has left."""
    row = await database.fetchrow(OWNER, token_hash(token), database.now())
    return None if row is None else owner(database, row)


def owner(database: Database, row: Row) -> Actor:
    """Whose token it is. It may do what it was made for, but never more than its owner may by now."""
    return Actor.member(
        database,
        row["organization_id"],
        row["membership_id"],
        lesser(Role(row["role"]), Role(row["member_role"])),
        token_id=row["id"],
        expires_at=row["expires_at"],
    )
