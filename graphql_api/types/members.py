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


@strawberry.type(name="Erasure", description="A person is erased: how many rows lost their text or are gone.")
class ErasureType:
    """resolvers.erasure.Erased"""

    user: UserType = strawberry.field(description="Who is left: nobody by name, in the place of the person.")
    messages: int = strawberry.field(
        description="Messages and notes that they wrote, and what canned responses and drafts said on their tickets."
    )
    tickets: int = strawberry.field(description="Subjects of tickets that they asked for.")
    ratings: int = strawberry.field(description="Comments on ratings of those tickets.")
    drafts: int = strawberry.field(
        description="The AI's drafts for those tickets, and what they made of drafts as agents."
    )
    views: int = strawberry.field(description="Their saved views, shared ones too.")
    credentials: int = strawberry.field(description="Their sessions, tokens and invitations.")
    mails: int = strawberry.field(description="Mails to them, and about tickets that they asked for.")
    accounts: int = strawberry.field(description="1 if their account let them in nowhere else and is gone, else 0.")
