"""Sessions of people in browsers: begun with a password, shown by a cookie, ended."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from models.actors import Actor, Role
from models.database import Database, Row
from models.errors import InvalidInput, NotAllowed
from models.events import SessionEnded, SessionStarted
from models.organizations import Membership, Session
from models.rows import load, new, select
from models.writer import Write, lock, organization_write
from resolvers.access import access, operation
from resolvers.passwords import Passwords
from resolvers.throttle import count_account, count_address
from resolvers.tokens import token_hash

SESSION_PREFIX = "hs_"
SESSION_LIFE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody at the door, from where, and with which session's cookie if any."""

    email: str
    password: str
    address: str
    organization: str | None = None
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that has just begun, and the one time that its cookie is known."""

    actor: Actor
    cookie: str


async def sign_in(database: Database, passwords: Passwords, attempt: Attempt) -> Begun:
    """Begin a session in one of the organizations that an account belongs to; the cookie's old session ends.

    Whether the address, the password or the membership is wrong can't be told apart, not by the time it takes either.
    """
    email = attempt.email.strip().casefold()
    await count_address(database, attempt.address)
    await count_account(database, email)
    memberships = await database.fetch(_MEMBERSHIPS, email)
    stored: str | None = memberships[0]["password_hash"] if memberships else None
    right = await passwords.are_equal(attempt.password, stored)
    if not right or memberships[0]["member_id"] is None:
        raise NotAllowed("The e-mail address or the password is wrong.")
    chosen = _chosen(memberships, attempt.organization)
    if stored and passwords.outdated(stored):
        await _store_anew(database, passwords, chosen["account_id"], stored, attempt.password)
    begun = await _begin(database, chosen)
    await end_shown(database, attempt.cookie)
    return begun


_MEMBERSHIPS = """
SELECT account.id AS account_id, account.password_hash, member.id AS member_id, member.organization_id, member.role,
  organization.slug
FROM support_user account
LEFT JOIN support_membership member ON member.user_id = account.id AND member.deactivated_at IS NULL
LEFT JOIN support_organization organization ON organization.id = member.organization_id
WHERE account.email = $1 ORDER BY organization.slug
"""


def _chosen(memberships: Sequence[Row], slug: str | None) -> Row:
    """The membership in the organization asked for, or the only one."""
    found = [row for row in memberships if slug in {None, row["slug"]}]
    if len(found) != 1:
        slugs = ", ".join(row["slug"] for row in memberships)
        raise InvalidInput(f"Say which organization to sign in to. Yours: {slugs}.", ["organization"])
    return found[0]


async def _store_anew(database: Database, passwords: Passwords, account_id: UUID, stored: str, password: str) -> None:
    # Unless the password has changed meanwhile.
    await database.execute(
        "UPDATE support_user SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        account_id,
        stored,
        await passwords.hash(password),
    )


async def _begin(database: Database, chosen: Row) -> Begun:
    actor = Actor.member(database, chosen["organization_id"], chosen["member_id"], Role(chosen["role"]))
    async with organization_write(actor) as write:
        member = await access(write, Membership, actor.user_id)
        # Whoever removes a member locks the row first; this came later.
        if member.deactivated_at or member.user_id != chosen["account_id"]:
            raise NotAllowed("The e-mail address or the password is wrong.")
        return begin_session(write, member)


def begin_session(write: Write, member: Membership) -> Begun:
    """A new session of a member that the write holds. It always has a new cookie: nobody can know it beforehand."""
    cookie = SESSION_PREFIX + secrets.token_urlsafe(32)
    session = new(
        Session,
        organization_id=member.organization_id,
        membership_id=member.id,
        token_hash=token_hash(cookie),
        created_at=write.now,
        last_used_at=write.now,
        expires_at=write.now + SESSION_LIFE,
    )
    write.insert(session)
    write.record(SessionStarted(member_id=member.id))
    actor = Actor.member(
        write.actor.database,
        member.organization_id,
        member.id,
        member.role,
        session_id=session.id,
        expires_at=session.expires_at,
    )
    return Begun(actor, cookie)


async def end_shown(database: Database, cookie: str | None) -> None:
    """End the session of a cookie, if it is one."""
    actor = await actor_of_session(database, cookie) if cookie else None
    if actor:
        await sign_out(actor)


@operation
async def sign_out(actor: Actor) -> None:
    """End the session that one came in."""
    if actor.session_id is None:
        raise NotAllowed("Only who is signed in by a session can sign out. A token is ended by revokeApiToken.")
    async with organization_write(actor) as write:
        row = await lock(write, f"{select(Session)} WHERE t.id = $1", actor.session_id)
        if row is not None:
            write.delete([load(Session, row)])
            write.record(SessionEnded(member_id=row["membership_id"]))


# On what terms a member's session opens anything, at `{now}`.
SESSION_OPENS = "session.expires_at > {now} AND member.deactivated_at IS NULL"
SIGNED_IN = f"""
SELECT session.id, session.organization_id, session.membership_id, session.expires_at, member.role
FROM support_session session JOIN support_membership member ON member.id = session.membership_id
WHERE session.token_hash = $1 AND {SESSION_OPENS.format(now="$2")}
"""


async def actor_of_session(database: Database, cookie: str) -> Actor | None:
    """The actor that a cookie stands for; None if it is unknown, ended or expired, or its member has left."""
    row = await database.fetchrow(SIGNED_IN, token_hash(cookie), database.now())
    return None if row is None else signed_in(database, row)


def signed_in(database: Database, row: Row) -> Actor:
    """Whose session it is."""
    return Actor.member(
        database,
        row["organization_id"],
        row["membership_id"],
        Role(row["role"]),
        session_id=row["id"],
        expires_at=row["expires_at"],
    )


async def forget_expired_sessions(database: Database) -> None:
    """Remove sessions that open nothing any more."""
    await database.execute("DELETE FROM support_session WHERE expires_at <= $1", database.now())
