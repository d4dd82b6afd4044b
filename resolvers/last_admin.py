"""An organization always has an admin who can get in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from models.actors import Role
from models.errors import Conflict, NotAllowed
from models.organizations import ApiToken, Membership
from models.rows import load_all, select
from models.writer import Write, lock_all


async def lock_admins(write: Write) -> list[Membership]:
    """The admins who can act as such (by an account or an admin's token), oldest first, all locked.

    Whoever changes or ends a membership takes this first, so that two admins never shut each other out at once; one
    who lost the role while waiting is refused.
    """
    rows = await lock_all(
        write,
        f"{select(Membership)} WHERE t.organization_id = $1 AND t.role = 'admin' AND t.deactivated_at IS NULL"
        " ORDER BY t.id",
        write.actor.organization_id,
    )
    admins = load_all(Membership, rows)
    if write.actor.role is Role.ADMIN and all(admin.id != write.actor.user_id for admin in admins):
        raise NotAllowed("You are not an admin any more.")
    with_tokens = await write.connection.fetch(
        "SELECT DISTINCT membership_id FROM support_api_token WHERE membership_id = ANY($1) AND role = 'admin'"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)",
        [admin.id for admin in admins],
        write.now,
    )
    armed = {row["membership_id"] for row in with_tokens}
    return [admin for admin in admins if admin.user_id or admin.id in armed]


def keep_an_admin(member: Membership, admins: Iterable[Membership], field: str = "user_id") -> None:
    """Raise Conflict where the member is the last of the admins."""
    if [admin.id for admin in admins] == [member.id]:
        raise Conflict("This is the last admin; make somebody else an admin first.", [field])


async def keep_a_way_in(write: Write, token: ApiToken, admins: Sequence[Membership]) -> None:
    """Raise Conflict where the token is all by which the last admin, who has no account, gets in."""
    if [(admin.id, admin.user_id) for admin in admins] != [(token.membership_id, None)]:
        return
    has_another = await write.connection.fetchval(
        "SELECT EXISTS (SELECT FROM support_api_token WHERE membership_id = $1 AND id <> $2 AND role = 'admin'"
        " AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $3))",
        token.membership_id,
        token.id,
        write.now,
    )
    if not has_another:
        raise Conflict("This is the last admin's only way in; make another token, or another admin, first.", ["id"])
