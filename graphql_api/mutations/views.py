"""Signposts to resolvers/views.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import strawberry
from tortoise.models import Model

from graphql_api.context import Info
from graphql_api.ids import decode, encode
from graphql_api.mutations.shared import DeletedResult, given, given_value
from graphql_api.reading.search import terms_of
from graphql_api.types.problem import DeletedType, ProblemType
from graphql_api.types.ticket_filter import TicketFilter, in_bounds, sent_filter, sent_order
from graphql_api.types.views import CreateSavedViewInput, SavedViewType, UpdateSavedViewInput
from models.organizations import Membership
from models.tickets import Category
from resolvers import views
from resolvers.patches import KEEP

SavedViewResult = Annotated[
    SavedViewType | ProblemType,
    strawberry.union("SavedViewResult", description="The view after the change, or a Problem."),
]
# The ids of a filter: what each names, and how it is spelled.
_NAMED: Mapping[str, tuple[type[Model], str]] = {
    "assignee_id": (Membership, "usr"),
    "requester_id": (Membership, "usr"),
    "category_id": (Category, "cat"),
}


@strawberry.type
class ViewMutations:
    """What staff do with their views."""

    @strawberry.mutation(
        description="Save a list of tickets under a name. A person has at most 100 views, an organization 200 shared "
        "ones."
    )
    async def create_saved_view(
        self, info: Info, input: Annotated[CreateSavedViewInput, strawberry.argument(description="The new view.")]
    ) -> SavedViewResult:
        actor = info.context.actor
        wanted = input.filter or TicketFilter()
        terms_of({"search": input.search})
        content = views.ViewContent(
            name=input.name,
            ticket_filter=_checked(wanted),
            named=[*_named(wanted)],
            search=input.search,
            ticket_order=sent_order(input.order_by) if input.order_by else None,
            shared=input.shared,
        )
        return await info.context.reads.reload(SavedViewType, await views.create_saved_view(actor, content))

    @strawberry.mutation(description="Change a view of yours or, for admins, a shared one.")
    async def update_saved_view(
        self, info: Info, input: Annotated[UpdateSavedViewInput, strawberry.argument(description="What to change.")]
    ) -> SavedViewResult:
        actor = info.context.actor
        ticket_filter, search, order = given(input.filter), given(input.search), given(input.order_by)
        wanted = TicketFilter() if ticket_filter is KEEP or ticket_filter is None else ticket_filter
        name, shared = given_value(input.name, "name"), given_value(input.shared, "shared")
        if search is not KEEP:
            terms_of({"search": search})
        content = views.ViewContent(
            name=name,
            ticket_filter=KEEP if ticket_filter is KEEP else _checked(wanted),
            named=[*_named(wanted)],
            search=search,
            ticket_order=order if order is KEEP or order is None else sent_order(order),
            shared=shared,
        )
        changed = await views.update_saved_view(actor, decode("view", input.view_id), content, input.expected_version)
        return await info.context.reads.reload(SavedViewType, changed)

    @strawberry.mutation(description="Delete a view of yours or, for admins, a shared one. Its tickets stay.")
    async def delete_saved_view(
        self, info: Info, view_id: Annotated[strawberry.ID, strawberry.argument(description="The view.")]
    ) -> DeletedResult:
        gone = await views.delete_saved_view(info.context.actor, decode("view", view_id))
        return DeletedType(id=strawberry.ID(encode("view", gone)))


def _checked(wanted: TicketFilter) -> dict[str, object]:
    """The filter as it is kept, once it is known to be one that can be asked for."""
    in_bounds(wanted)
    return sent_filter(wanted)


def _named(wanted: TicketFilter) -> Iterator[views.Named]:
    for name, (model, prefix) in _NAMED.items():
        if (given_id := getattr(wanted, name)) is not None:
            yield views.Named(model, decode(prefix, given_id), ["filter", name])
