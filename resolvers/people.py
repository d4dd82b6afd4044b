"""People in an organization, as tickets need them."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from models.actors import Role
from models.fields import new_id
from models.organizations import Membership
from models.rows import layout, load
from models.writer import Write
from resolvers import inputs

NAME_LIMIT = 200


async def find_or_create_customer(write: Write, email: str, name: str | None) -> Membership:
    """The member with this address, or a new customer. Two writes at once get the same one."""
    address = inputs.email(email, "email")
    shown = inputs.line(name, "name", NAME_LIMIT) if name else address.split("@")[0]
    # DO UPDATE, not DO NOTHING: the row of a transaction that committed meanwhile must come back too.
    row = await write.connection.fetchrow(
        "INSERT INTO support_membership (id, organization_id, role, name, email, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (organization_id, email) DO UPDATE SET email = EXCLUDED.email"
        f" RETURNING {', '.join(layout(Membership).columns)}",
        new_id(),
        write.actor.organization_id,
        Role.CUSTOMER,
        shown[:NAME_LIMIT],
        address,
        write.now,
    )
    if row is None:
        raise LookupError("an upsert returns its row")
    return load(Membership, row)


async def is_active(write: Write, user_id: UUID | None) -> bool:
    """Whether the member is there to answer customers."""
    if user_id is None:
        return False
    return bool(
        await write.connection.fetchval(
            "SELECT deactivated_at IS NULL AND role IN ('admin', 'agent') FROM support_membership"
            " WHERE id = $1 AND organization_id = $2",
            user_id,
            write.actor.organization_id,
        )
    )


async def who_left(write: Write, user_ids: Collection[UUID]) -> set[UUID]:
    """Those of the members who don't answer customers any more. The others are there until the write ends."""
    # Whoever removes a member, or gives them another role, locks them and then looks for tickets that came meanwhile.
    rows = await write.connection.fetch(
        "SELECT id FROM support_membership WHERE id = ANY($1) AND organization_id = $2"
        " AND deactivated_at IS NULL AND role IN ('admin', 'agent') ORDER BY id FOR SHARE",
        [*user_ids],
        write.actor.organization_id,
    )
    return {*user_ids} - {row["id"] for row in rows}
