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


@strawberry.type(
    name="ApiToken", description="A credential with which a program acts as a member. Its text is not stored."
)
class ApiTokenType(RowType, Node):
    """Rows of support_api_token: one's own; for admins, everybody's."""

    table = ApiToken
    prefix = "tok"

    name: str = column("name", "What it is for.")
    role: Role = column(
        "role",
        "The role that it was created with. It acts in this role or its owner's, whichever may do less.",
        enum=Role,
    )
    user: UserType = to_one(lambda: UserType, "membership_id", "Its owner: the token acts as this member.")
    created_at: datetime = column("created_at", "When it was created.")
    last_used_at: datetime | None = column("last_used_at", "When it was last used, to within two minutes; null: never.")
    expires_at: datetime | None = column("expires_at", "When it expires; null: never.")
    revoked_at: datetime | None = column("revoked_at", "When it was revoked, if it was.")


@strawberry.type(name="Session", description="Your session: the browser now has its cookie.")
class SessionType:
    """What its own person may know of a session."""

    user: UserType = strawberry.field(description="You.")
    organization: OrganizationType = strawberry.field(description="Your organization.")
    expires_at: datetime = strawberry.field(description="When the session ends; using it extends it.")


@strawberry.type(name="SignedOut", description="Your session has ended.")
class SignedOutType:
    """What is left of a session."""

    at: datetime = strawberry.field(description="When it ended.")


def live_tokens(_arguments: Mapping[str, Any], actor: Actor) -> Sequence[Condition]:
    """The condition that a token works now."""
    return [("t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > {})", actor.database.now())]


@strawberry.type(name="ApiTokenCreated", description="A new token and its text, which is shown only here.")
class ApiTokenCreatedType:
    """The only place where a token's text is ever shown."""

    api_token: ApiTokenType = strawberry.field(description="The token.")
    token: str = strawberry.field(
        description="The token's text, to be sent as `Authorization: Bearer hd_...`. It can't be shown again."
    )
