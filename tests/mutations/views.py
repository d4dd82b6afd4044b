"""Saved views as tests make and see them."""

from __future__ import annotations

from typing import Any

from tests.client import Client
from tests.world import Helpdesk

VIEWS = """{ savedViews {
  id name filter search orderBy shared version count owner { name } tickets { nodes { number } } } }"""


async def views_of(by: Client) -> Any:
    """The views that somebody sees."""
    return (await by.query(VIEWS))["savedViews"]


async def names_of(by: Client) -> list[str]:
    """Their names."""
    return [view["name"] for view in await views_of(by)]


async def a_view(by: Client, name: str = "Open", **given: Any) -> Any:
    """A new view, or why there is none."""
    return await by.create_saved_view(input={"name": name, **given})


async def told(helpdesk: Helpdesk) -> list[tuple[str, bool, str, bool]]:
    """What the log holds of views: the change, whether others see it, for whose eyes, and whether it is the agent's."""
    rows = await helpdesk.world.database.fetch(
        "SELECT data, visibility, person_id FROM support_event"
        " WHERE organization_id = $1 AND type = 'SavedViewChanged' ORDER BY seq",
        helpdesk.world.id,
    )
    agent = helpdesk.world.agent.user_id
    return [
        (row["data"]["change"], row["data"]["shared"], row["visibility"], row["person_id"] == agent) for row in rows
    ]
