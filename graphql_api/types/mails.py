"""What mail says, for as long as it is in the outbox."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Self

import strawberry

from graphql_api.reading.paging import Connection, Edge, Order
from graphql_api.types.tickets import MailType
from resolvers.outbox import PutMail, read_mail

SENT = ("t.status = 'sent'", None)
NEWEST_FIRST = Order("created-desc", ("created_at", "id"), descending=True)


@strawberry.type(
    name="OutboxMail", description="A mail in the outbox: it would have been sent if there were a mail server."
)
class OutboxMailType:
    """A mail's row and its file. Files are removed after a time; then only the row is left."""

    mail: MailType = strawberry.field(description="The mail's row.")
    subject: str | None = strawberry.field(description="Its subject; null once its file is removed.")
    text: str | None = strawberry.field(description="Its plain text; null once its file is removed.")
    html: str | None = strawberry.field(description="Its HTML; null once its file is removed.")
    raw: str | None = strawberry.field(description="The whole file with headers; null once it is removed.")

    @classmethod
    def of(cls, mail: MailType, put: PutMail | None) -> Self:
        """A mail with what its file holds."""
        if put is None:
            return cls(mail=mail, subject=None, text=None, html=None, raw=None)
        return cls(mail=mail, subject=put.subject, text=put.text, html=put.html, raw=put.raw)


async def with_files(page: Connection[MailType], folder: Path) -> Connection[OutboxMailType]:
    """The same page, each mail with its file."""
    mails = [edge.node for edge in page.edges]
    files = await asyncio.to_thread(lambda: [read_mail(folder, mail.row["id"]) for mail in mails])
    edges = [
        Edge(cursor=edge.cursor, node=OutboxMailType.of(edge.node, put))
        for edge, put in zip(page.edges, files, strict=True)
    ]
    return Connection(edges=edges, page_info=page.page_info, count=page.count)
