"""Whether somebody still is what they were when they came in, as the snapshot tells that is read for them."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor, Role
from models.database import Row
from models.events import MemberChanged
from models.recorded import RecordedEvent
from resolvers.tokens import lesser


def changed_member(event: RecordedEvent) -> UUID | None:
    """Whose standing is another from this event on."""
    return event.fact.member_id if isinstance(event.fact, MemberChanged) else None


def standing(actor: Actor, values: list[object]) -> str:
    """Columns for `still_stands`; what they compare with is appended to `values`."""
    values += [actor.user_id, actor.token_id]
    member, token = len(values) - 1, len(values)
    return (
        f"(SELECT role FROM support_membership WHERE id = ${member}::uuid AND deactivated_at IS NULL) AS member_role,"
        f" (SELECT role FROM support_api_token WHERE id = ${token}::uuid AND revoked_at IS NULL) AS token_role"
    )


def still_stands(actor: Actor, row: Row) -> bool:
    """Whether the actor's membership, and token if they came with one, still give them the role that they have."""
    roles = [row["member_role"], row["token_role"]] if actor.token_id else [row["member_role"]]
    if actor.role is None or None in roles:
        return actor.role is None
    return lesser(Role(roles[0]), Role(roles[-1])) is actor.role
