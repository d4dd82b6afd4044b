"""What becomes of members, as results of mutations."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.types.organizations import UserType


@strawberry.type(name="Invitation", description="An invitation: it lets somebody in once.")
class InvitationType:
    """resolvers.members.NewInvitation"""

    user: UserType = strawberry.field(description="Whom it is for.")
    token: str = strawberry.field(
        description="The token that `acceptInvitation` takes. It is shown only here: only its hash is stored."
    )
    expires_at: datetime = strawberry.field(description="Until when it can be accepted.")


@strawberry.type(name="Erasure", description="A person was erased: how many rows lost their text or were deleted.")
class ErasureType:
    """resolvers.erasure.Erased"""

    user: UserType = strawberry.field(description="The person's row, without name and address.")
    messages: int = strawberry.field(
        description="Messages and notes that they wrote, and replies on their tickets made from canned responses "
        "or drafts."
    )
    tickets: int = strawberry.field(description="Subjects of their tickets.")
    ratings: int = strawberry.field(description="Comments on ratings of their tickets.")
    drafts: int = strawberry.field(
        description="Drafts for their tickets, and, if they were an agent, their edits of drafts."
    )
    views: int = strawberry.field(description="Their saved views, shared ones too.")
    credentials: int = strawberry.field(description="Their sessions, tokens and invitations.")
    mails: int = strawberry.field(description="Mail to them and about their tickets.")
    accounts: int = strawberry.field(
        description="1 if their account was deleted, 0 if it still belongs to another organization."
    )
