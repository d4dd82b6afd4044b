"""Whether those who came in a while ago may still be here, asked for all of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from models.actors import ROLE_ORDER, Actor, Role
from models.database import Database, Row
from resolvers.sessions import SESSION_OPENS
from resolvers.tokens import TOKEN_OPENS


class Ended(Enum):
    """Why somebody may not stay."""

    CREDENTIALS = auto()
    MEMBERSHIP = auto()


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody who came in as `former` is `now` that, or may not stay."""

    former: Actor
    now: Actor | Ended


async def changes_of(database: Database, actors: Sequence[Actor]) -> list[Change]:
    """Of which of the actors, who came by token or session, something has changed since: one statement for all."""
    rows = await database.fetch(
        _CHANGED,
        [actor.token_id or actor.session_id for actor in actors],
        [actor.user_id for actor in actors],
        [actor.role for actor in actors],
        [actor.expires_at for actor in actors],
        database.now(),
        ROLE_ORDER,
    )
    return [Change(former := actors[row["place"] - 1], _now(database, former, row)) for row in rows]


def _now(database: Database, former: Actor, row: Row) -> Actor | Ended:
    if row["role"] is None or former.user_id is None:
        return Ended.MEMBERSHIP if row["has_left"] else Ended.CREDENTIALS
    return Actor.member(
        database,
        former.organization_id,
        former.user_id,
        Role(row["role"]),
        token_id=former.token_id,
        session_id=former.session_id,
        expires_at=row["expires_at"],
    )


# The ranks of roles are their places in $6; a token acts in the lesser of its own and its owner's.
_CHANGED = f"""
SELECT shown.place, ($6::text[])[found.rank] AS role, found.expires_at,
  (SELECT deactivated_at FROM support_membership member WHERE member.id = shown.member_id) IS NOT NULL AS has_left
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::timestamptz[])
  WITH ORDINALITY AS shown(id, member_id, role, expires_at, place)
LEFT JOIN LATERAL (
  SELECT least(array_position($6::text[], token.role::text), array_position($6::text[], member.role::text)) AS rank,
    token.expires_at
  FROM support_api_token token JOIN support_membership member ON member.id = token.membership_id
  WHERE token.id = shown.id AND {TOKEN_OPENS.format(now="$5")}
  UNION ALL
  SELECT array_position($6::text[], member.role::text), session.expires_at
  FROM support_session session JOIN support_membership member ON member.id = session.membership_id
  WHERE session.id = shown.id AND {SESSION_OPENS.format(now="$5")}
) found ON TRUE
WHERE found.rank IS DISTINCT FROM array_position($6::text[], shown.role)
  OR found.expires_at IS DISTINCT FROM shown.expires_at
"""
