"""Signposts to resolvers/changes.py, resolvers/tags.py and resolvers/bulk.py."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given
from graphql_api.mutations.shared import Tags, TicketId, TicketResult, given, given_value
from graphql_api.problems import problem_of
from graphql_api.types.inputs import BulkUpdateInput, UpdateTicketInput
from graphql_api.types.problem import ProblemType
from graphql_api.types.tickets import TicketType
from resolvers import bulk, changes
from resolvers.patches import KEEP, Keep
from resolvers.tags import add_ticket_tags, remove_ticket_tags


@strawberry.type(name="Bulk", description="The results of one change of many tickets.")
class BulkType:
    """One result a ticket."""

    results: list[TicketResult] = strawberry.field(description="The results, in the order of the ids.")
    failed: int = strawberry.field(description="How many of the results are Problems.")


BulkResult = Annotated[
    BulkType | ProblemType,
    strawberry.union(
        "BulkResult", description="A result for each ticket, or a Problem if no ticket was changed at all."
    ),
]


@strawberry.type
class ChangeMutations:
    """What agents change of tickets besides where they stand."""

    @strawberry.mutation(description="Change a ticket's subject, priority or category, or snooze it.")
    async def update_ticket(
        self, info: Info, input: Annotated[UpdateTicketInput, strawberry.argument(description="What to change.")]
    ) -> TicketResult:
        subject, priority = given(input.subject), given(input.priority)
        category, pending_until = given(input.category_id), given(input.pending_until)
        category_id = _key("cat", category, "category", "category_id")
        wanted = changes.TicketChanges(subject, priority, category_id, pending_until)
        changed = await changes.update_ticket(
            info.context.actor, decode("tkt", input.ticket_id), wanted, input.expected_version
        )
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(
        description="Make the same change to up to 100 tickets in one transaction, by the rules of "
        "`updateTicket`, `addTicketTags`, `removeTicketTags`, `assignTicket` and "
        "`changeTicketStatus`. A ticket that can't be changed stays wholly as it was; the others are "
        "changed."
    )
    async def update_tickets(
        self,
        info: Info,
        input: Annotated[BulkUpdateInput, strawberry.argument(description="Which tickets, and what to change.")],
    ) -> BulkResult:
        keys = [decode("tkt", each) for each in input.ids]
        outcomes = await bulk.update_tickets(info.context.actor, keys, _bulk_change(input), input.expected_versions)
        shown = await info.context.reads.reload_all(TicketType, [each for each in outcomes if isinstance(each, UUID)])
        results = [shown[each] if isinstance(each, UUID) else problem_of(each) for each in outcomes]
        return BulkType(results=results, failed=sum(isinstance(each, ProblemType) for each in results))

    @strawberry.mutation(
        description="Add tags to a ticket, which has at most 50. Tags that it has already make no difference."
    )
    async def add_ticket_tags(self, info: Info, ticket_id: TicketId, tags: Tags) -> TicketResult:
        changed = await add_ticket_tags(info.context.actor, decode("tkt", ticket_id), tags)
        return await info.context.reads.reload(TicketType, changed)

    @strawberry.mutation(description="Remove tags from a ticket. Tags that it does not have make no difference.")
    async def remove_ticket_tags(self, info: Info, ticket_id: TicketId, tags: Tags) -> TicketResult:
        changed = await remove_ticket_tags(info.context.actor, decode("tkt", ticket_id), tags)
        return await info.context.reads.reload(TicketType, changed)


def _key(prefix: str, given_id: str | Keep | None, noun: str, field: str) -> UUID | Keep | None:
    return KEEP if given_id is KEEP else decode_given(prefix, given_id, noun, field)


def _bulk_change(wanted: BulkUpdateInput) -> bulk.BulkChange:
    category, assignee = given(wanted.category_id), given(wanted.assignee_id)
    status, priority = given_value(wanted.status, "status"), given_value(wanted.priority, "priority")
    added, removed = given_value(wanted.add_tags, "add_tags"), given_value(wanted.remove_tags, "remove_tags")
    return bulk.BulkChange(
        fields=changes.TicketChanges(
            priority=priority,
            category_id=_key("cat", category, "category", "category_id"),
        ),
        add_tags=() if added is KEEP else added,
        remove_tags=() if removed is KEEP else removed,
        assignee_id=_key("usr", assignee, "user", "assignee_id"),
        status=None if status is KEEP else status,
    )
