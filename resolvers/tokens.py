"""Bearer tokens: made, stored as hashes, and turned back into actors."""

from __future__ import annotations

import hashlib
import secrets

from models.actors import ROLE_ORDER, Actor, ActorKind, Role
from models.database import Database
from models.organizations import ApiToken, Membership
from models.rows import new
from models.writer import Write

TOKEN_PREFIX = "hd_"


def token_hash(token: str) -> bytes:
    """What is stored of a token. A token is 256 random bits, so a plain SHA-256 can't be guessed back."""
    return hashlib.sha256(token.encode()).digest()


def issue_token(write: Write, member: Membership, name: str) -> str:
    """A new token of a member, in the member's role. The text is known here and now only.

    It begins with `hd_`, so that scanners for leaked secrets can know it.
    """
    text = TOKEN_PREFIX + secrets.token_urlsafe(32)
    write.insert(
        new(
            ApiToken,
            organization_id=member.organization_id,
            membership_id=member.id,
            name=name,
            role=member.role,
            token_hash=token_hash(text),
            created_at=write.now,
        )
    )
    return text


_OWNER = """
SELECT token.id, token.organization_id, token.membership_id, token.expires_at,
  CASE WHEN array_position($3::text[], token.role::text) < array_position($3::text[], member.role::text)
    THEN token.role ELSE member.role END AS role
FROM support_api_token token JOIN support_membership member ON member.id = token.membership_id
WHERE token.token_hash = $1 AND token.revoked_at IS NULL AND member.deactivated_at IS NULL
  AND (token.expires_at IS NULL OR token.expires_at > $2)
"""


async def actor_of_token(database: Database, token: str) -> Actor | None:
    """The actor that a token stands for; None if it is unknown, expired or revoked, or its owner has left.

    A role that the owner has lost since is lost to the token too, from this look-up on.
    """
    row = await database.fetchrow(_OWNER, token_hash(token), database.now(), ROLE_ORDER)
    if row is None:
        return None
    role = Role(row["role"])
    return Actor(
        database,
        row["organization_id"],
        kind_of(role),
        user_id=row["membership_id"],
        role=role,
        token_id=row["id"],
        expires_at=row["expires_at"],
    )


def kind_of(role: Role) -> ActorKind:
    """What kind of actor a member in a role is."""
    return ActorKind.CUSTOMER if role is Role.CUSTOMER else ActorKind.AGENT
