"""Answers written once and sent often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.directives import Cost
from graphql_api.ids import decode
from graphql_api.reading.reads import Loaded, Node, RowType, column, loaded, to_one
from graphql_api.reading.roots import argument
from graphql_api.types.organizations import UserType
from models.assistance import CannedResponse, CannedResponseUse
from models.database import Row
from rag.markdown import rendered
from resolvers.canned_responses import UseRange, Values, usage_in, values_on
from resolvers.variables import fill


async def _html(root: CannedPreviewType) -> str:
    (html,) = await rendered([root.body])
    return html


@strawberry.type(name="CannedPreview", description="A canned response as you would send it on a ticket.")
class CannedPreviewType:
    """A filled text; nothing is counted for it."""

    body: str = strawberry.field(description="The text with its variables filled in, in Markdown.")
    body_html: str = strawberry.field(
        resolver=_html, description="The same as HTML that is safe to show.", directives=[Cost(weight="1")]
    )
    missing: list[str] = strawberry.field(
        description="Variables without a value on this ticket. Replace them by text before sending."
    )
    unknown: list[str] = strawberry.field(description="What looks like a variable but is not one.")


@strawberry.type(name="CannedResponseUsage", description="How often somebody sent a canned response.")
class CannedResponseUsageType(RowType):
    """Rows of support_canned_response_use, counted."""

    table = CannedResponseUse
    prefix = "use"

    agent: UserType | None = to_one(lambda: UserType, "agent_id", "Who; null for the AI.")
    count: int = column("count", "How often.")
    last_used_at: datetime = column("last_used_at", "When last.")


def _ticket(_row: Mapping[str, Any], arguments: Mapping[str, Any]) -> Any:
    return decode("tkt", arguments["ticketId"])


def _preview(row: Mapping[str, Any], values: Values | None) -> CannedPreviewType | None:
    if values is None:
        return None
    filled = fill(row["body"], values)
    return CannedPreviewType(
        body=filled.body,
        missing=list(filled.missing),
        unknown=list(filled.unknown),
    )


def _range(row: Mapping[str, Any], arguments: Mapping[str, Any]) -> UseRange:
    return UseRange(row["id"], arguments.get("from"), arguments.get("before"))


def _usage(_row: Mapping[str, Any], found: Sequence[Row]) -> list[CannedResponseUsageType]:
    return [CannedResponseUsageType.of(each) for each in found]


@strawberry.type(name="CannedResponse", description="A reusable reply. Customers see none.")
class CannedResponseType(RowType, Node):
    """Rows of support_canned_response."""

    table = CannedResponse
    prefix = "can"

    title: str = column("title", "The title by which agents find it.")
    shortcut: str = column("shortcut", "What agents type to insert it: lower-case letters, digits and - _ .")
    body: str = column("body", "The text, in Markdown, with variables such as `{{requester.name}}`.")
    folder: str | None = column("folder", "The folder that it is in.")
    usage_count: int = column("usage_count", "How often it was sent.")
    last_used_at: datetime | None = column("last_used_at", "When it was last sent.")
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    created_at: datetime = column("created_at", "When it was written.")
    updated_at: datetime = column("updated_at", "When it was last changed.")
    preview: CannedPreviewType | None = loaded(
        Loaded(("body",), _ticket, values_on, _preview),
        "The text with its variables filled in for a ticket and for you; null if you can't see the ticket.",
        [argument("ticket_id", strawberry.ID, "The ticket.")],
    )
    usage: list[CannedResponseUsageType] = loaded(
        Loaded(("id",), _range, usage_in, _usage),
        "Who sent it how often, most often first. Previews don't count.",
        [
            argument(
                "from", datetime | None, "Count uses at or after this instant; all earlier ones too, if left out."
            ),
            argument("before", datetime | None, "Count uses before this instant; up to now, if left out."),
        ],
    )
