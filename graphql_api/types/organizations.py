"""The organization, its people, and who is asking."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.context import Info
from graphql_api.directives import Cost
from graphql_api.names import camel
from graphql_api.reading.reads import OWN, Node, RowType, column
from graphql_api.types import enums as enums
from graphql_api.types.preferences import PreferencesType
from models.actors import Actor, Role
from models.organizations import Membership, Organization
from resolvers.access import PERMITTED
from resolvers.preferences import choices_of
from resolvers.telling import count_unread


@strawberry.type(name="Organization", description="An organization: a tenant of this helpdesk.")
class OrganizationType(RowType, Node):
    """Rows of support_organization."""

    table = Organization
    prefix = "org"

    name: str = column("name", "What the organization is called.")
    slug: str = column("slug", "The short name for addresses and commands.")
    timezone: str = column("timezone", "Its IANA time zone, used by reports, digests and mail.")


@strawberry.type(name="User", description="A person in your organization.")
class UserType(RowType, Node):
    """Rows of support_membership: a person is a member, with one role in each organization."""

    table = Membership
    prefix = "usr"

    name: str = column("name", "The person's name.")
    email: str | None = column(
        "email", "The person's address. Customers see their own only; null once anonymized.", customer=OWN
    )
    role: Role = column("role", "The person's role.", enum=Role)
    deactivated_at: datetime | None = column("deactivated_at", "When the person left or was removed, if they did.")


async def _unread(info: Info) -> int:
    return await count_unread(info.context.reads.run, info.context.actor.user_id)


async def _preferences(info: Info) -> PreferencesType:
    actor = info.context.actor
    return PreferencesType.of({} if actor.is_customer else await choices_of(info.context.reads.run, actor.user_id))


@strawberry.type(name="Viewer", description="You: who is asking.")
class ViewerType:
    """The actor of the request."""

    user: UserType = strawberry.field(description="You.")
    organization: OrganizationType = strawberry.field(description="Your organization.")
    role: Role = strawberry.field(description="The role of your token or session.")
    expires_at: datetime | None = strawberry.field(
        description="When your token or session ends; using a session extends it. Null: never."
    )
    permissions: list[str] = strawberry.field(description="The names of the operations that your role may use.")
    unread_notifications: int = strawberry.field(
        resolver=_unread,
        description="How many notifications you have not marked as read, counted up to 1,000. `NotificationAdded` "
        "and `NotificationsRead` keep it current.",
        directives=[Cost(weight="1")],
    )
    preferences: PreferencesType = strawberry.field(
        resolver=_preferences, description="Your preferences.", directives=[Cost(weight="1")]
    )


def permissions_of(actor: Actor) -> list[str]:
    """The operations that the actor's role includes, as clients call them."""
    return sorted(camel(name) for name, who in PERMITTED.items() if actor.role in who)
