"""What clients send about members."""

from __future__ import annotations

import strawberry

from graphql_api.types import enums as enums
from models.actors import Role


@strawberry.input(description="Somebody to invite.")
class InviteMemberInput:
    """Customers need no invitation."""

    email: str = strawberry.field(description="The e-mail address; case makes no difference.")
    name: str = strawberry.field(description="The person's name; at most 200 characters.")
    role: Role = strawberry.field(description="Their role: ADMIN, AGENT or ANALYST.")


@strawberry.input(description="A member to remove, and what happens to their open tickets.")
class RemoveMemberInput:
    """Exactly one of reassignTo and unassign where open tickets are assigned to the member."""

    user_id: strawberry.ID = strawberry.field(description="The member.")
    reassign_to: strawberry.ID | None = strawberry.field(
        default=None, description="The active agent or admin who gets the member's open tickets."
    )
    unassign: bool = strawberry.field(default=False, description="Unassign the member's open tickets.")
    anonymize: bool = strawberry.field(
        default=False,
        description="Also remove the member's name and address. What they wrote stays; see `erasePerson`.",
    )
