"""updateSupportSettings: what an organization chooses, a version at a time"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from models.actors import Actor
from resolvers.quota import set_ticket_quota
from tests.client import Client, GraphQLErrors, Problem
from tests.mutations.content import facts_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SETTINGS = """{ supportSettings { classificationEnabled suggestionsEnabled autoResolveEnabled autoResolveThreshold
  autoCloseAfterHours reopenWindowDays fromEmail fromEmailVerified fromName
  csatEnabled csatDelayMinutes locale version updatedAt } }"""
QUOTA = "{ supportSettings { version supportTickets { used limit resetsAt } } }"
ZONE = "{ viewer { organization { timezone } } }"
DEFAULTS = {
    "classificationEnabled": True,
    "suggestionsEnabled": True,
    "autoResolveEnabled": False,
    "autoResolveThreshold": 0.9,
    "autoCloseAfterHours": 72,
    "reopenWindowDays": 30,
    "fromEmail": None,
    "fromEmailVerified": False,
    "fromName": None,
    "csatEnabled": True,
    "csatDelayMinutes": 60,
    "locale": "en",
    "version": 1,
}


async def settings_of(by: Client) -> Any:
    """The settings as somebody sees them."""
    return (await by.query(SETTINGS))["supportSettings"]


async def test_staff_and_analysts_read_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        shown = await settings_of(by)
        assert {name: value for name, value in shown.items() if name != "updatedAt"} == DEFAULTS
    with pytest.raises(GraphQLErrors) as refused:
        await settings_of(helpdesk.customer)
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_what_is_given_changes_and_the_rest_stays(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    wanted = {
        "suggestionsEnabled": False,
        "autoResolveEnabled": True,
        "autoResolveThreshold": 1.0,
        "autoCloseAfterHours": 0,
        "fromEmail": "help@example.com",
        "fromName": "Käthe's Hilfe",
        "csatEnabled": False,
        "csatDelayMinutes": 0,
        "locale": "de",
    }

    changed = await helpdesk.admin.update_support_settings(input={**wanted, "expectedVersion": 1})

    shown = await settings_of(helpdesk.agent)
    assert shown == changed
    assert {**DEFAULTS, **wanted, "version": 2, "updatedAt": shown["updatedAt"]} == shown
    assert (await settings_of(other.admin))["version"] == 1
    assert await facts_of(helpdesk) == ["SettingsChanged"]


async def test_null_is_never_or_the_deployments_own(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.admin.update_support_settings(input={"from_email": "help@example.com", "from_name": "Help"})

    changed = await helpdesk.admin.update_support_settings(
        input={"from_email": None, "from_name": None, "auto_close_after_hours": None, "reopen_window_days": None}
    )

    assert (changed["fromEmail"], changed["fromName"]) == (None, None)
    assert (changed["autoCloseAfterHours"], changed["reopenWindowDays"], changed["version"]) == (None, None, 3)


async def test_the_time_zone_is_the_organizations(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    changed = await helpdesk.admin.update_support_settings(input={"timezone": "Europe/Berlin"})

    assert changed["version"] == 2
    assert (await helpdesk.customer.query(ZONE))["viewer"]["organization"] == {"timezone": "Europe/Berlin"}
    assert await facts_of(helpdesk) == ["SettingsChanged"]


async def test_what_changes_nothing_is_no_event(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    same = await helpdesk.admin.update_support_settings(input={"locale": "en", "timezone": "UTC", "from_name": None})

    assert same["version"] == 1
    assert await facts_of(helpdesk) == []


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("autoResolveThreshold", 1.01, "A threshold is a probability, 0 to 1."),
        ("autoResolveThreshold", -0.5, "A threshold is a probability, 0 to 1."),
        ("autoCloseAfterHours", -1, "This is 0 to 8,760 hours."),
        ("autoCloseAfterHours", 8_761, "This is 0 to 8,760 hours."),
        ("reopenWindowDays", 3_651, "This is 0 to 3,650 days."),
        ("csatDelayMinutes", 43_201, "This is 0 to 43,200 minutes."),
        ("fromEmail", "nobody", "This is not an e-mail address."),
        ("fromEmail", "", "This is not an e-mail address."),
        ("fromName", "Help\r\nBcc: all@example.com", "This is one line: no line breaks, no control characters."),
        ("fromName", "\u2028", "This is one line: no line breaks, no control characters."),
        ("fromName", " ", "This can't be empty."),
        ("fromName", "x" * 201, "This has 201 characters; at most 200 are kept."),
        ("locale", "fr", "The helpdesk writes en or de."),
        ("timezone", "Mars/Base", "'Mars/Base' is not an IANA time zone such as Europe/Berlin."),
    ],
)
async def test_what_makes_no_sense_is_refused_whole(a_helpdesk: Make, field: str, value: Any, sentence: str) -> None:
    helpdesk = await a_helpdesk()

    result = await helpdesk.admin.update_support_settings(input={"csatEnabled": False, field: value})

    assert result == Problem("INVALID_INPUT", sentence, (field,))
    shown = await settings_of(helpdesk.admin)
    assert (shown["csatEnabled"], shown["version"]) == (True, 1)
    assert await facts_of(helpdesk) == []


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    results = await asyncio.gather(
        *(
            helpdesk.admin.update_support_settings(input={"expected_version": 1, "csat_delay_minutes": minutes})
            for minutes in (10, 20)
        )
    )

    sentence = "The list of settings has changed: you read version 1, it is at 2. Read it again."
    assert [each for each in results if isinstance(each, Problem)] == [Problem("CONFLICT", sentence)]
    assert (await settings_of(helpdesk.admin))["version"] == 2


async def test_only_admins_change_them(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        result = await by.update_support_settings(input={"csat_enabled": False})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: update support settings.")
    assert await facts_of(helpdesk) == []


async def test_they_tell_how_much_of_the_quota_is_used(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    use = (await helpdesk.agent.query(QUOTA))["supportSettings"]["supportTickets"]
    assert (use["used"], use["limit"]) == (1, None)

    await set_ticket_quota(Actor.system(helpdesk.world.database, helpdesk.world.id), 5)

    shown = (await helpdesk.agent.query(QUOTA))["supportSettings"]
    assert (shown["version"], shown["supportTickets"]) == (2, {**use, "limit": 5})
