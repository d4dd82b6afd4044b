"""Who is at a ticket at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from datetime import datetime

import strawberry

from graphql_api.context import Info
from graphql_api.types import enums as enums
from graphql_api.types.moment import OfTheMoment
from graphql_api.types.organizations import UserType
from models.presence import PresenceState, TicketPresence


@strawberry.type(name="Presence", description="Somebody who is at a ticket.")
class PresenceType:
    """Not a row: nothing of it is stored."""

    user: UserType = strawberry.field(description="Who it is.")
    state: PresenceState = strawberry.field(description="Their state.")
    since: datetime = strawberry.field(description="When they began to do that.")


async def _people(root: TicketPresenceType, info: Info) -> list[PresenceType]:
    people = root.presence.people
    users = await asyncio.gather(*(info.context.reads.one(UserType, each.member_id) for each in people))
    found = zip(people, users, strict=True)
    return [PresenceType(user=user, state=each.state, since=each.since) for each, user in found if user]


@strawberry.type(name="TicketPresence", description="Who is at a ticket now.")
class TicketPresenceType(OfTheMoment):
    """A `TicketPresence` as clients see it; its people are read when they are asked for."""

    presence: strawberry.Private[TicketPresence]
    people: list[PresenceType] = strawberry.field(
        resolver=_people,
        description="Who is there, those who type first, then the earliest; at most 50. You are included; the "
        "customer is while typing. Empty for customers.",
    )
    people_count: int = strawberry.field(description="How many are there; 0 for customers.")
    support_is_typing: bool = strawberry.field(
        description="Whether somebody of the staff is typing. For customers: whether somebody is writing to them."
    )

    @classmethod
    def of(cls, presence: TicketPresence) -> TicketPresenceType:
        """What there is to tell of a ticket."""
        return cls(presence=presence, people_count=presence.count, support_is_typing=presence.support_is_typing)

    @property
    def moment(self) -> Hashable:
        """The same for all who follow the ticket."""
        return TicketPresence, self.presence.number
