"""People who follow the links of mail, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import httpx

from graphql_api.ids import decode
from models.fields import new_id
from models.links import Link
from tests.credentials import LINKS
from tests.world import Helpdesk

MONTH = timedelta(days=30)


async def ids_of(helpdesk: Helpdesk, ticket: Any) -> tuple[UUID, UUID, UUID]:
    """Organization, ticket and the event of its last resolution: what links carry."""
    ticket_id = decode("tkt", ticket["id"]) or new_id()
    resolution_id = await helpdesk.world.database.fetchval(
        "SELECT id FROM support_event WHERE ticket_id = $1 AND type = 'TicketResolved' ORDER BY seq DESC LIMIT 1",
        ticket_id,
    )
    return helpdesk.world.id, ticket_id, resolution_id


async def survey_path(helpdesk: Helpdesk, ticket: Any, lasts: timedelta = MONTH) -> str:
    """Where the survey of a ticket's last resolution is."""
    ids = await ids_of(helpdesk, ticket)
    return f"/survey/{LINKS.sign(Link.to_rate(*ids, helpdesk.world.database.now() + lasts))}"


async def reopen_path(helpdesk: Helpdesk, ticket: Any, lasts: timedelta = MONTH) -> str:
    """Where the ticket is reopened."""
    ids = await ids_of(helpdesk, ticket)
    return f"/reopen/{LINKS.sign(Link.to_reopen(*ids, helpdesk.world.database.now() + lasts))}"


async def resolved(helpdesk: Helpdesk, **given: Any) -> Any:
    """A ticket that an agent has answered and resolved."""
    ticket = await helpdesk.ticket(**given)
    await helpdesk.agent.add_message(
        input={"ticket_id": ticket["id"], "body": "Hold the button.", "then_status": "RESOLVED"}
    )
    return ticket


@dataclass(frozen=True)
class Visitor:
    """Somebody at a server, who shows nothing but the link."""

    http: httpx.AsyncClient

    async def see(self, path: str, **headers: str) -> httpx.Response:
        """Open a page."""
        return await self.http.get(path, headers={"Accept": "text/html", **headers})

    async def send(self, path: str, fields: Mapping[str, str]) -> httpx.Response:
        """Press a button, and be shown what follows."""
        # As browsers do it, also where no field is filled in.
        headers = {"Origin": "null", "Content-Type": "application/x-www-form-urlencoded"}
        answer = await self.http.post(path, content=urlencode(fields), headers=headers)
        if answer.status_code != 303:
            return answer
        return await self.http.get(str(answer.url.join(answer.headers["location"])))


def text_of(page: httpx.Response) -> str:
    """What somebody reads on a page."""
    body = page.text.partition("<body>")[2]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
