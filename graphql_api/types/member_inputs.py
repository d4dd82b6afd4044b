"""What clients send about members."""

from __future__ import annotations

import strawberry

from graphql_api.types import enums as enums
from models.actors import Role


@strawberry.input(description="Somebody to let in.")
class InviteMemberInput:
    """Customers need no invitation."""

    email: str = strawberry.field(description="The address, in any case.")
    name: str = strawberry.field(description="The person's name; at most 200 characters.")
    role: Role = strawberry.field(description="What they will be: ADMIN, AGENT or ANALYST.")


@strawberry.input(description="Somebody to shut out, and what becomes of what they leave.")
class RemoveMemberInput:
    """Exactly one of reassignTo and unassign where open tickets are assigned to the member."""

    user_id: strawberry.ID = strawberry.field(description="The member.")
    reassign_to: strawberry.ID | None = strawberry.field(
        default=None, description="The active agent or admin who gets the member's open tickets."
    )
    unassign: bool = strawberry.field(default=False, description="Leave the member's open tickets to nobody.")
    anonymize: bool = strawberry.field(
        default=False, description="Forget the member's name and address too. What they wrote stays: see erasePerson."
    )
