"""What becomes of members, as results of mutations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.types.organizations import UserType


@strawberry.type(name="Invitation", description="A link that lets somebody in once.")
class InvitationType:
    """resolvers.members.NewInvitation"""

    user: UserType = strawberry.field(description="Whom it is for.")
    token: str = strawberry.field(
        description="What acceptInvitation takes. Shown here and never again: only its hash is kept."
    )
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")
