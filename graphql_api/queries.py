"""Query: where reading begins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.directives import Cost
from graphql_api.ids import decode
from graphql_api.mutations import business_calendars, sla_policies
from graphql_api.reading.event_export import csv_lines, json_lines
from graphql_api.reading.event_log import AllEvents, position_of, seq_of
from graphql_api.reading.lists import page_of
from graphql_api.reading.paging import PAGE_DEFAULT, Connection, Order, Page
from graphql_api.reading.reads import Node, RowType
from graphql_api.reading.roots import AllRows, AnyNode, ByColumn, ById, OnlyRow, WholeList, argument, root
from graphql_api.types.articles import ArticleType
from graphql_api.types.audit import EventFilterInput, EventsExportType, ExportFormat, events_wanted
from graphql_api.types.canned_responses import CannedResponseType
from graphql_api.types.categories import CategoryType
from graphql_api.types.clocks import SlaImpactType, shown_impact
from graphql_api.types.compliance import DateRangeInput, SlaComplianceType
from graphql_api.types.content_filters import (
    SuggestionFilter,
    UserFilter,
    article_conditions,
    article_order,
    canned_response_conditions,
    canned_response_order,
    suggestion_conditions,
    suggestion_order,
    user_conditions,
    user_order,
)
from graphql_api.types.credentials import ApiTokenType, live_tokens
from graphql_api.types.dead_letters import DeadLetterType, dead_letter_conditions, dead_letter_order
from graphql_api.types.event import Event
from graphql_api.types.mails import NEWEST_FIRST, SENT, OutboxMailType, with_files
from graphql_api.types.notifications import NotificationType, notification_conditions, notification_order
from graphql_api.types.organizations import OrganizationType, UserType, ViewerType, permissions_of
from graphql_api.types.satisfaction import SatisfactionFilter, satisfaction_conditions, satisfaction_order
from graphql_api.types.scalars import Cursor
from graphql_api.types.service_level_inputs import UpdateBusinessCalendarInput, UpdateSlaPolicyInput
from graphql_api.types.service_levels import BusinessCalendarType, SlaPolicyType
from graphql_api.types.settings import SupportSettingsType
from graphql_api.types.tags import BY_NAME, TagType, tag_conditions
from graphql_api.types.ticket_filter import TicketFilter, TicketOrder
from graphql_api.types.tickets import (
    MailType,
    MessageType,
    SatisfactionType,
    SuggestionSourceType,
    SuggestionType,
    TicketType,
    passage_row,
)
from graphql_api.types.views import TICKETS, SavedViewType
from models.assistance import ArticleKind
from models.database import Row
from models.errors import InvalidInput, NotFound
from models.sla import SlaDimension
from resolvers.access import permit
from resolvers.articles import search_articles
from resolvers.audit import EXPORT_PAGE, events_export
from resolvers.compliance import ROWS_DEFAULT, sla_compliance
from resolvers.impact import business_calendar_impact, sla_policy_impact
from resolvers.outbox import outbox

NODES: dict[str, type[RowType]] = {
    kind.prefix: kind
    for kind in (
        OrganizationType,
        UserType,
        CategoryType,
        TicketType,
        TagType,
        SavedViewType,
        MessageType,
        SuggestionType,
        SatisfactionType,
        ArticleType,
        CannedResponseType,
        ApiTokenType,
        SlaPolicyType,
        BusinessCalendarType,
        NotificationType,
        MailType,
        DeadLetterType,
    )
}


def _spelled(rows: Sequence[Row], format: ExportFormat, *, header: bool) -> str:
    return csv_lines(rows, header=header) if format is ExportFormat.CSV else json_lines(rows)


@strawberry.type(description="Everything that can be read.")
class Query:
    """Fields with a source are run like all reads; the others are written out."""

    node: Node | None = root(
        AnyNode(lambda: NODES, many=False),
        "Anything with an id; null if it does not exist or you may not see it.",
        [argument("id", strawberry.ID, "The id.")],
    )
    nodes: list[Node | None] = root(
        AnyNode(lambda: NODES, many=True),
        "Several things by id, in the order of the ids; null for those that don't exist or that you may not see.",
        [argument("ids", list[strawberry.ID], "At most 100 ids.")],
    )
    ticket: TicketType | None = root(
        ById(lambda: TicketType), "One ticket.", [argument("id", strawberry.ID, "The ticket's id.")]
    )
    ticket_by_number: TicketType | None = root(
        ByColumn(lambda: TicketType, "number"),
        "One ticket by its number.",
        [argument("number", int, "The ticket's number.")],
    )
    tickets: Connection[TicketType] = root(
        TICKETS,
        "Tickets: newest first by default, best first with a search. Customers see their own. With a "
        "search, `totalCount` stops at 500 by relevance and at 1,000 in other orders.",
        [
            argument("filter", TicketFilter | None, "Which tickets; all if left out."),
            argument(
                "search",
                str | None,
                "Words that must each be in the subject, a message or the requester's name, or be the "
                "number (`#123`); for staff also in notes, the assignee's name or tags. Typos are "
                'forgiven in names and tags, the last word may be unfinished, "a phrase" must match '
                "exactly. At most 200 characters and 12 words or phrases.",
            ),
            argument("order_by", TicketOrder | None, "How to sort them."),
        ],
    )

    canned_responses: Connection[CannedResponseType] = root(
        AllRows(lambda: CannedResponseType, canned_response_order, canned_response_conditions),
        "The canned responses, by title. For staff and analysts.",
        [
            argument(
                "search",
                str | None,
                "Words that title, shortcut, folder or text must all contain; at most 10.",
            )
        ],
    )
    articles: Connection[ArticleType] = root(
        AllRows(lambda: ArticleType, article_order, article_conditions),
        "Articles, last changed first. Customers see those of the help centre only.",
        [
            argument("search", str | None, "Words that the title or category must all contain; at most 10."),
            argument("kind", ArticleKind | None, "Only of this kind; both if left out."),
        ],
    )
    users: Connection[UserType] = root(
        AllRows(lambda: UserType, user_order, user_conditions),
        "People of your organization, by name. Customers see only themselves.",
        [
            argument("filter", UserFilter | None, "Which people; all if left out."),
            argument(
                "search", str | None, "Beginnings of their e-mail address or of parts of their name; at most 10 words."
            ),
        ],
    )
    suggestions: Connection[SuggestionType] = root(
        AllRows(lambda: SuggestionType, suggestion_order, suggestion_conditions),
        "The AI's drafts, newest first. For staff and analysts.",
        [argument("filter", SuggestionFilter | None, "Which drafts; all if left out.")],
    )
    satisfaction_ratings: Connection[SatisfactionType] = root(
        AllRows(lambda: SatisfactionType, satisfaction_order, satisfaction_conditions),
        "Ratings of resolutions, newest first. For staff and analysts.",
        [argument("filter", SatisfactionFilter | None, "Which ratings; all if left out.")],
    )
    support_settings: SupportSettingsType = root(
        OnlyRow(lambda: SupportSettingsType), "The organization's settings. For staff and analysts."
    )
    categories: list[CategoryType] = root(
        WholeList(lambda: CategoryType, Order("name", ("name", "id"))),
        "The organization's categories, by name.",
    )
    api_tokens: list[ApiTokenType] = root(
        WholeList(lambda: ApiTokenType, Order("newest", ("created_at", "id"), descending=True), live_tokens),
        "The tokens that work now, newest first: your own; for admins, everybody's.",
    )
    sla_policies: list[SlaPolicyType] = root(
        WholeList(lambda: SlaPolicyType, Order("position", ("position", "id"))),
        "The service-level policies, in the order in which they are tried. For staff and analysts.",
    )
    business_calendars: list[BusinessCalendarType] = root(
        WholeList(lambda: BusinessCalendarType, Order("name", ("name", "id"))),
        "The business calendars, by name. For staff and analysts.",
    )

    @strawberry.field(
        description="How many service-level clocks were met in time: a row for each combination of the dimensions "
        "in `by`, in that order; one row if that is left out. Combinations without clocks have no "
        "row. For staff and analysts."
    )
    async def sla_compliance(
        self,
        info: Info,
        range: Annotated[
            DateRangeInput,
            strawberry.argument(description="The dates, at most 366.", directives=[Cost(weight="10")]),
        ],
        by: Annotated[list[SlaDimension] | None, strawberry.argument(description="By what to group clocks.")] = None,
        first: Annotated[
            int, strawberry.argument(description="How many rows at most, 1 to 1,000; a longer result is refused.")
        ] = ROWS_DEFAULT,
    ) -> list[SlaComplianceType]:
        context = info.context
        rows = await sla_compliance(context.actor, context.reads.run, range.range(), by or (), first)
        return [SlaComplianceType.of(asdict(row)) for row in rows]

    dead_letters: Connection[DeadLetterType] = root(
        AllRows(lambda: DeadLetterType, dead_letter_order, dead_letter_conditions),
        "Background work that has failed for good, latest first. For admins.",
    )
    notifications: Connection[NotificationType] = root(
        AllRows(lambda: NotificationType, notification_order, notification_conditions),
        "Your notifications, newest first.",
        [argument("unread_only", bool | None, "Only unread ones.")],
    )
    saved_views: list[SavedViewType] = root(
        WholeList(lambda: SavedViewType, BY_NAME),
        "Your saved views and those shared with all staff, by name. Customers have none.",
    )
    tags: Connection[TagType] = root(
        AllRows(lambda: TagType, lambda _arguments, _actor: BY_NAME, tag_conditions),
        "The tags in use, by name. Customers see none.",
        [argument("search", str | None, "Only those whose name contains this.")],
    )

    @strawberry.field(
        description="Passages of articles that may answer a question, best first, found by meaning and by words. "
        "Customers get passages of the help centre only."
    )
    async def search_articles(
        self,
        info: Info,
        query: Annotated[str, strawberry.argument(description="The question, at most 1,000 characters.")],
        first: Annotated[int, strawberry.argument(description="How many at most, 1 to 20.")] = 8,
    ) -> list[SuggestionSourceType]:
        context = info.context
        passages = await search_articles(context.actor, context.services.knowledge, query, first)
        return [SuggestionSourceType.of(passage_row(passage)) for passage in passages]

    events: Connection[Event] = root(
        AllEvents(events_wanted),
        "The audit trail, newest first: every event of the organization. For admins.",
        [argument("filter", EventFilterInput | None, "Which events; all if left out.")],
    )

    @strawberry.field(
        description="The audit trail as text for a file, oldest event first, at most 1,000 at a time. For admins."
    )
    async def events_export(
        self,
        info: Info,
        filter: Annotated[
            EventFilterInput | None, strawberry.argument(description="Which events; all if left out.")
        ] = None,
        after: Annotated[
            str | None, strawberry.argument(description="Continue after this `endCursor`, or after any event's cursor.")
        ] = None,
        first: Annotated[int, strawberry.argument(description="How many events, 1 to 1,000.")] = EXPORT_PAGE,
        format: Annotated[ExportFormat, strawberry.argument(description="The format.")] = ExportFormat.JSON_LINES,
    ) -> EventsExportType:
        context = info.context
        if not 1 <= first <= EXPORT_PAGE:
            raise InvalidInput(f"An export has 1 to {EXPORT_PAGE:,} events at a time.", ["first"])
        wanted = events_wanted({"filter": filter}, context.actor)
        rows = await events_export(context.actor, wanted, seq_of(context, after, "after"), first + 1)
        kept = rows[:first]
        # A thousand events take longer to spell than others should wait for.
        return EventsExportType(
            text=await asyncio.to_thread(_spelled, kept, format, header=after is None),
            rows=len(kept),
            end_cursor=context.services.cursors.seal(position_of(kept[-1])) if kept else after,
            has_next_page=len(rows) > first,
        )

    @strawberry.field(description="Preview what a change of a policy would do to open tickets. For admins.")
    async def sla_policy_impact(
        self, info: Info, input: Annotated[UpdateSlaPolicyInput, strawberry.argument(description="The change.")]
    ) -> SlaImpactType:
        policy_id, wanted = decode("sla", input.sla_policy_id), sla_policies.changes_of(input)
        return shown_impact(await sla_policy_impact(info.context.actor, policy_id, wanted, input.expected_version))

    @strawberry.field(description="Preview what a change of a calendar would do to open tickets. For admins.")
    async def business_calendar_impact(
        self, info: Info, input: Annotated[UpdateBusinessCalendarInput, strawberry.argument(description="The change.")]
    ) -> SlaImpactType:
        calendar_id, wanted = decode("cal", input.business_calendar_id), business_calendars.changes_of(input)
        return shown_impact(
            await business_calendar_impact(info.context.actor, calendar_id, wanted, input.expected_version)
        )

    @strawberry.field(
        description="Mail in the outbox, newest first: what would have been sent if there were a mail server. "
        "Only if the operator shows the outbox, as in a demo. For admins."
    )
    async def outbox(
        self,
        info: Info,
        first: Annotated[
            int | None, strawberry.argument(description=f"How many rows from the start; {PAGE_DEFAULT} by default.")
        ] = None,
        after: Annotated[str | None, strawberry.argument(description="Start after the row with this cursor.")] = None,
        last: Annotated[int | None, strawberry.argument(description="How many rows from the end.")] = None,
        before: Annotated[str | None, strawberry.argument(description="End before the row with this cursor.")] = None,
    ) -> Connection[OutboxMailType]:
        context = info.context
        folder = await outbox(context.actor, context.services.settings)
        page = Page.of({"first": first, "after": after, "last": last, "before": before})
        return await with_files(await page_of(context.reads, MailType, NEWEST_FIRST, page, [SENT]), folder)

    @strawberry.field(description="Who you are, and what you may do.")
    async def viewer(self, info: Info) -> ViewerType:
        actor = info.context.actor
        permit(actor, "viewer")
        user = await info.context.reads.one(UserType, actor.user_id)
        organization = await info.context.reads.one(OrganizationType, actor.organization_id)
        if user is None or organization is None or actor.role is None:
            raise NotFound("user")
        return ViewerType(
            user=user,
            organization=organization,
            role=actor.role,
            expires_at=actor.expires_at,
            permissions=permissions_of(actor),
        )

    @strawberry.field(
        description="The feed's position in the same snapshot as the rest of this query. Subscribe with it as "
        "`after`, and nothing is missed or delivered twice."
    )
    async def feed_cursor(self, info: Info) -> Cursor:
        context = info.context
        permit(context.actor, "feed_cursor")
        return Cursor(context.services.cursors.seal(await context.feed_position()))
