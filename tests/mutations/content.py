"""What an organization keeps beside its tickets, as somebody sees it, and the facts about it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import encode
from tests.client import Client
from tests.world import Helpdesk

_PREFIXES = {
    "category_id": "cat",
    "canned_response_id": "can",
    "article_id": "art",
    "policy_id": "sla",
    "calendar_id": "cal",
}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY")
NINE_TO_FIVE = [{"day": day, "from": "09:00", "to": "17:00"} for day in WEEKDAYS]


async def categories_of(by: Client) -> Any:
    """The list of categories."""
    return (await by.query("{ categories { id name } }"))["categories"]


async def changes_of(helpdesk: Helpdesk, fact: str) -> list[tuple[str, str, str | None]]:
    """What was recorded of a kind of fact about rows, oldest first: the column, the row's id, the change."""
    rows = await helpdesk.world.database.fetch(
        "SELECT data FROM support_event WHERE organization_id = $1 AND type = $2 ORDER BY seq", helpdesk.world.id, fact
    )
    found = []
    for data in (row["data"] for row in rows):
        (column,) = _PREFIXES.keys() & data.keys()
        found.append((column, encode(_PREFIXES[column], UUID(data[column])), data.get("change")))
    return found


async def facts_of(helpdesk: Helpdesk) -> list[str]:
    """Every fact of the organization's that is about no ticket, oldest first."""
    rows = await helpdesk.world.database.fetch(
        "SELECT type FROM support_event WHERE organization_id = $1 AND ticket_id IS NULL ORDER BY seq",
        helpdesk.world.id,
    )
    return [row["type"] for row in rows]


async def a_canned_response(helpdesk: Helpdesk, **given: Any) -> Any:
    """A canned response that an agent has written."""
    written = {"title": "Say hello", "shortcut": "hello", "body": "Hello {{requester.name}}.", **given}
    return await helpdesk.agent.create_canned_response(input=written)


async def a_page(helpdesk: Helpdesk, **given: Any) -> Any:
    """The result of createArticle: a page of the help centre, unless it is said to be a snippet."""
    return await helpdesk.agent.create_article(input={"title": "Your kettle", "body": "Use vinegar.", **given})


async def a_policy(helpdesk: Helpdesk, **given: Any) -> Any:
    """The result of createSlaPolicy: an hour to answer what is urgent, unless something else is promised."""
    targets = [{"priority": "URGENT", "firstResponseSeconds": 3_600}]
    return await helpdesk.admin.create_sla_policy(input={"name": "Gold", "targets": targets, **given})


async def a_calendar(helpdesk: Helpdesk, **given: Any) -> Any:
    """The result of createBusinessCalendar: weekdays from nine to five, in Berlin."""
    office = {"name": "Office", "timezone": "Europe/Berlin", "weekly": NINE_TO_FIVE}
    return await helpdesk.admin.create_business_calendar(input={**office, **given})


POLICY = """
  id name version position isDefault warnBeforeSeconds pauseOn pauseFirstResponse aiCountsAsResponse warnings
  targets { priority firstResponseSeconds nextResponseSeconds resolutionSeconds } calendar { id name }
  conditions { kind tags { name } categories { id } domains }
  escalations { action afterPercent clock priority assignee { id } }
"""
CALENDAR = """
  id name version timezone isDefault warnings weekly { day from to } holidays { date name }
  extra { date name intervals { from to } }
"""


async def policies_of(by: Client) -> Any:
    """The list of policies, with all that they say."""
    return (await by.query(f"{{ slaPolicies {{ {POLICY} }} }}"))["slaPolicies"]


async def calendars_of(by: Client) -> Any:
    """The list of business calendars, with all that they say."""
    return (await by.query(f"{{ businessCalendars {{ {CALENDAR} }} }}"))["businessCalendars"]
