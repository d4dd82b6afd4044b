"""Answers written once and sent often."""

from __future__ import annotations

from datetime import datetime

import strawberry

from graphql_api.reads import Node, RowType, column
from models.assistance import CannedResponse


@strawberry.type(name="CannedResponse", description="An answer written once and sent often. Customers see none.")
class CannedResponseType(RowType, Node):
    """Rows of support_canned_response."""

    table = CannedResponse
    prefix = "can"

    title: str = column("title", "What agents find it by.")
    shortcut: str = column("shortcut", "What agents type to insert it: small letters, digits and - _ .")
    body: str = column("body", "The text, in Markdown, with variables such as `{{requester.name}}`.")
    folder: str | None = column("folder", "Where it is kept.")
    usage_count: int = column("usage_count", "How often it was sent.")
    last_used_at: datetime | None = column("last_used_at", "When it was last sent.")
    version: int = column("version", "Moves with every change; give it as expectedVersion.")
    created_at: datetime = column("created_at", "When it was written.")
    updated_at: datetime = column("updated_at", "When it was last changed.")
