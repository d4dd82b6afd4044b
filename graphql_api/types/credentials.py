"""What lets people and programs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.reading.lists import Condition
from graphql_api.reading.reads import Node, RowType, column, to_one
from graphql_api.types import enums as enums
from graphql_api.types.organizations import OrganizationType, UserType
from models.actors import Actor, Role
from models.organizations import ApiToken


@strawberry.type(name="ApiToken", description="What a program shows to act as a member. Its text is kept nowhere.")
class ApiTokenType(RowType, Node):
    """Rows of support_api_token: one's own; for admins, everybody's."""

    table = ApiToken
    prefix = "tok"

    name: str = column("name", "What it is for.")
    role: Role = column(
        "role", "The role that it was made with. It acts in this role or its owner's, whichever may do less.", enum=Role
    )
    user: UserType = to_one(lambda: UserType, "membership_id", "Whose it is: what it does, this member does.")
    created_at: datetime = column("created_at", "When it was made.")
    last_used_at: datetime | None = column(
        "last_used_at", "When it was last used, give or take two minutes; null: never."
    )
    expires_at: datetime | None = column("expires_at", "When it ends by itself; null: never.")
    revoked_at: datetime | None = column("revoked_at", "When it was revoked, if it was.")


@strawberry.type(name="Session", description="That you are signed in: the browser has a cookie which says so.")
class SessionType:
    """What its own person may know of a session."""

    user: UserType = strawberry.field(description="You.")
    organization: OrganizationType = strawberry.field(description="Where you are.")
    expires_at: datetime = strawberry.field(description="When the session ends unless you come back before.")


@strawberry.type(name="SignedOut", description="That your session has ended.")
class SignedOutType:
    """What is left of a session."""

    at: datetime = strawberry.field(description="When it ended.")


def live_tokens(_arguments: Mapping[str, Any], actor: Actor) -> Sequence[Condition]:
    """The condition that a token works now."""
    return [("t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > {})", actor.database.now())]


@strawberry.type(name="ApiTokenCreated", description="A new token and, this once, its text.")
class ApiTokenCreatedType:
    """The only place where a token's text is ever shown."""

    api_token: ApiTokenType = strawberry.field(description="The token.")
    token: str = strawberry.field(description="What to send: `Authorization: Bearer hd_...`. It can't be shown again.")
