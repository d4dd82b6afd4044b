"""Signposts to resolvers/changes.py and resolvers/tags.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given
from graphql_api.mutations.shared import Tags, TicketId, TicketResult, given
from graphql_api.types.inputs import UpdateTicketInput
from graphql_api.types.tickets import TicketType
from resolvers import changes
from resolvers.patches import KEEP
from resolvers.tags import add_ticket_tags, remove_ticket_tags


@strawberry.type
class ChangeMutations:
    """What agents change of tickets besides where they stand."""

    @strawberry.mutation(description="Change a ticket's subject, priority or category, or put it off.")
    async def update_ticket(
        self, info: Info, input: Annotated[UpdateTicketInput, strawberry.argument(description="What to change.")]
    ) -> TicketResult:
        subject, priority = given(input.subject), given(input.priority)
        category, pending_until = given(input.category_id), given(input.pending_until)
        category_id = KEEP if category is KEEP else decode_given("cat", category, "category", "category_id")
        wanted = changes.TicketChanges(subject, priority, category_id, pending_until)
        changed = await changes.update_ticket(
            info.context.actor, decode("tkt", input.ticket_id), wanted, input.expected_version
        )
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Put tags on a ticket, at most 50 in all. Those that are there already stay.")
    async def add_ticket_tags(self, info: Info, ticket_id: TicketId, tags: Tags) -> TicketResult:
        changed = await add_ticket_tags(info.context.actor, decode("tkt", ticket_id), tags)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Take tags off a ticket. Those that are not there make no difference.")
    async def remove_ticket_tags(self, info: Info, ticket_id: TicketId, tags: Tags) -> TicketResult:
        changed = await remove_ticket_tags(info.context.actor, decode("tkt", ticket_id), tags)
        return await info.context.reads.reload(TicketType, changed)
