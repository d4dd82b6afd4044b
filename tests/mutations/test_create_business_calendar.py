"""createBusinessCalendar: when it is open, in which zone, and when it is not"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode
from models.rows import new
from models.service_levels import BusinessCalendar
from models.sla import ALWAYS_OPEN, CalendarDefinition
from models.writer import organization_write
from resolvers.business_calendars import CALENDARS_LIMIT, EXTRA_LIMIT, HOLIDAYS_LIMIT, INTERVALS_LIMIT
from tests.client import GraphQLErrors, Problem
from tests.mutations.content import NINE_TO_FIVE, a_calendar, calendars_of, changes_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

AN_HOUR = {"from": "09:00", "to": "10:00"}
MONDAY = {"day": "MONDAY", "from": "09:00", "to": "17:00"}
DAYS = [f"{year}-{month:02}-{day:02}" for year in (2026, 2027) for month in range(1, 13) for day in range(1, 29)]


async def versions_of(helpdesk: Helpdesk, calendar: Any) -> list[tuple[int, str, bool]]:
    """Every version of a calendar: its number, name, and whether it was the default."""
    rows = await helpdesk.world.database.fetch(
        "SELECT number, definition FROM support_business_calendar_version WHERE calendar_id = $1 ORDER BY number",
        decode("cal", calendar["id"]),
    )
    return [(row["number"], row["definition"]["name"], row["definition"]["is_default"]) for row in rows]


async def test_everything_that_is_said_is_kept(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await helpdesk.admin.create_business_calendar(
        input={
            "name": " Night \n shift ",
            "timezone": "Asia/Kathmandu",
            "weekly": [
                {"day": "SUNDAY", "from": "22:00", "to": "24:00"},
                {"day": "MONDAY", "from": "00:00", "to": "06:00"},
            ],
            "holidays": [{"date": "2026-12-25", "name": " Christmas "}, {"date": "2026-05-01"}],
            "extra": [{"date": "2026-12-24", "name": "Eve", "intervals": [{"from": "09:00", "to": "12:00"}]}],
        }
    )

    assert await calendars_of(helpdesk.analyst) == [
        {
            "id": made["id"],
            "name": "Night shift",
            "version": 1,
            "timezone": "Asia/Kathmandu",
            "isDefault": False,
            "warnings": [],
            "weekly": [
                {"day": "MONDAY", "from": "00:00", "to": "06:00"},
                {"day": "SUNDAY", "from": "22:00", "to": "24:00"},
            ],
            "holidays": [{"date": "2026-05-01", "name": None}, {"date": "2026-12-25", "name": "Christmas"}],
            "extra": [{"date": "2026-12-24", "name": "Eve", "intervals": [{"from": "09:00", "to": "12:00"}]}],
        }
    ]
    assert await changes_of(helpdesk, "BusinessCalendarChanged") == [("calendar_id", made["id"], "created")]
    assert await versions_of(helpdesk, made) == [(1, "Night shift", False)]


async def test_the_zone_is_the_organizations_unless_another_is_named(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.admin.update_support_settings(input={"timezone": "America/Havana"})

    made = await helpdesk.admin.create_business_calendar(input={"name": "Office", "weekly": NINE_TO_FIVE})

    assert made["timezone"] == "America/Havana"


async def test_what_overlaps_is_joined(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    await a_calendar(
        helpdesk,
        weekly=[
            {"day": "MONDAY", "from": "13:00", "to": "17:00"},
            {"day": "MONDAY", "from": "09:00", "to": "12:00"},
            {"day": "MONDAY", "from": "11:00", "to": "13:00"},
            {"day": "MONDAY", "from": "20:00", "to": "21:00"},
        ],
        extra=[
            {"date": "2026-12-24", "intervals": [{"from": "09:00", "to": "12:00"}, {"from": "10:00", "to": "11:00"}]}
        ],
    )

    (shown,) = await calendars_of(helpdesk.agent)
    assert shown["weekly"] == [
        {"day": "MONDAY", "from": "09:00", "to": "17:00"},
        {"day": "MONDAY", "from": "20:00", "to": "21:00"},
    ]
    assert shown["extra"][0]["intervals"] == [{"from": "09:00", "to": "12:00"}]


async def test_a_calendar_that_never_opens_is_accepted_with_a_warning(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    closed = await a_calendar(helpdesk, weekly=[])
    over = await a_calendar(
        helpdesk, weekly=[], extra=[{"date": "2001-01-01", "intervals": [{"from": "09:00", "to": "10:00"}]}]
    )
    once = await a_calendar(
        helpdesk, weekly=[], extra=[{"date": "2099-01-01", "intervals": [{"from": "09:00", "to": "10:00"}]}]
    )

    sentence = "This calendar never opens: no clock by it will ever be due."
    assert [each["warnings"] for each in (closed, over, once)] == [[sentence], [sentence], []]


async def test_the_holidays_of_a_country_are_filled_in(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    await a_calendar(
        helpdesk,
        holidays=[{"date": "2026-12-24"}, {"date": "2026-12-25", "name": "Our feast"}],
        holidaysOf={"country": "de", "subdivision": "BY", "years": [2026, 2027]},
    )

    (shown,) = await calendars_of(helpdesk.agent)
    days = {day["date"]: day["name"] for day in shown["holidays"]}
    assert (days["2026-12-24"], days["2026-12-25"]) == (None, "Our feast")
    # Holidays of all Germany, of Bavaria, and of one that moves with Easter.
    assert days["2026-10-03"] == "Tag der Deutschen Einheit"
    assert days["2027-01-06"] == "Heilige Drei Könige"
    assert days["2027-03-26"] == "Karfreitag"
    assert len(days) == 25
    assert [*days] == sorted(days)


@pytest.mark.parametrize(
    ("given", "sentence", "field"),
    [
        ({"country": "XX"}, "There are no holidays of 'XX': a country is a code such as DE.", "country"),
        ({"country": " "}, "This can't be empty.", "country"),
        ({"country": "x" * 31}, "This has 31 characters; at most 30 are kept.", "country"),
        (
            {"subdivision": "Bavaria"},
            "There is no subdivision 'Bavaria'. Those of DE are BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, SL, SN"
            ", ST, TH, Augsburg.",
            "subdivision",
        ),
        ({"country": "SG", "subdivision": "01"}, "There is no subdivision '01'. SG has none.", "subdivision"),
        ({"years": []}, "Holidays are filled in for 1 to 10 years at a time.", "years"),
        ({"years": [*range(2020, 2031)]}, "Holidays are filled in for 1 to 10 years at a time.", "years"),
        ({"years": [2026, 1999]}, "Calendars know the years 2000 to 2100.", "years"),
        ({"country": "IND", "years": [2036]}, "The holidays of IND are known for 2001 to 2035.", "years"),
        ({"country": "GW", "years": [2022]}, "The holidays of GW are known for 2023 to 2100.", "years"),
    ],
)
async def test_holidays_that_nobody_knows_are_refused(
    a_helpdesk: Make, given: dict[str, Any], sentence: str, field: str
) -> None:
    helpdesk = await a_helpdesk()

    refused = await a_calendar(helpdesk, holidaysOf={"country": "DE", "years": [2026], **given})

    assert refused == Problem("INVALID_INPUT", sentence, ("holidaysOf", field))
    assert await calendars_of(helpdesk.admin) == []


async def test_there_is_one_default(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    former = await a_calendar(helpdesk, name="Former", isDefault=True)

    present = await a_calendar(helpdesk, name="Present", isDefault=True)

    assert [(each["name"], each["isDefault"]) for each in await calendars_of(helpdesk.agent)] == [
        ("Former", False),
        ("Present", True),
    ]
    assert await versions_of(helpdesk, former) == [(1, "Former", True), (2, "Former", False)]
    assert await changes_of(helpdesk, "BusinessCalendarChanged") == [
        ("calendar_id", former["id"], "created"),
        ("calendar_id", present["id"], "created"),
        ("calendar_id", former["id"], "updated"),
    ]


@pytest.mark.parametrize(
    ("given", "sentence", "path"),
    [
        ({"name": " "}, "This can't be empty.", ("name",)),
        ({"name": "x" * 101}, "This has 101 characters; at most 100 are kept.", ("name",)),
        ({"timezone": "Berlin"}, "'Berlin' is not an IANA time zone such as Europe/Berlin.", ("timezone",)),
        ({"timezone": "localtime"}, "'localtime' is not an IANA time zone such as Europe/Berlin.", ("timezone",)),
        ({"timezone": "Factory"}, "'Factory' is not an IANA time zone such as Europe/Berlin.", ("timezone",)),
        (
            {"weekly": [MONDAY, {**MONDAY, "to": "09:00"}]},
            "Hours open before they close, on one date: a night shift is two intervals.",
            ("weekly", "1", "from"),
        ),
        (
            {"weekly": [{**MONDAY, "from": "22:00", "to": "06:00"}]},
            "Hours open before they close, on one date: a night shift is two intervals.",
            ("weekly", "0", "from"),
        ),
        (
            {"weekly": [{**MONDAY, "from": "9:00"}]},
            "This is a time of day from 00:00 to 24:00, such as 09:30.",
            ("weekly", "0", "from"),
        ),
        (
            {"weekly": [{**MONDAY, "to": "24:01"}]},
            "This is a time of day from 00:00 to 24:00, such as 09:30.",
            ("weekly", "0", "to"),
        ),
        ({"weekly": [MONDAY] * (INTERVALS_LIMIT + 1)}, "A day is open at most 10 times.", ("weekly",)),
        (
            {"holidays": [{"date": "2026-01-01"}, {"date": "1999-12-31"}]},
            "Calendars know the years 2000 to 2100.",
            ("holidays", "1", "date"),
        ),
        (
            {"holidays": [{"date": "2026-01-01", "name": "x" * 201}]},
            "This has 201 characters; at most 200 are kept.",
            ("holidays", "0", "name"),
        ),
        (
            {"holidays": [{"date": day} for day in DAYS[: HOLIDAYS_LIMIT + 1]]},
            "A calendar has at most 500 holidays.",
            ("holidays",),
        ),
        (
            {"extra": [{"date": "2101-01-01", "intervals": []}]},
            "Calendars know the years 2000 to 2100.",
            ("extra", "0", "date"),
        ),
        (
            {"extra": [{"date": "2026-01-01", "intervals": []}] * 2},
            "A date has extra hours once.",
            ("extra",),
        ),
        (
            {"extra": [{"date": "2026-01-01", "intervals": [{"from": "12:00", "to": "11:00"}]}]},
            "Hours open before they close, on one date: a night shift is two intervals.",
            ("extra", "0", "intervals", "0", "from"),
        ),
        (
            {"extra": [{"date": "2026-01-01", "intervals": [AN_HOUR] * (INTERVALS_LIMIT + 1)}]},
            "A day is open at most 10 times.",
            ("extra", "0", "intervals"),
        ),
        (
            {"extra": [{"date": day, "intervals": []} for day in DAYS[: EXTRA_LIMIT + 1]]},
            "A calendar has at most 366 extra days.",
            ("extra",),
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(
    a_helpdesk: Make, given: dict[str, Any], sentence: str, path: tuple[str, ...]
) -> None:
    helpdesk = await a_helpdesk()

    assert await a_calendar(helpdesk, **given) == Problem("INVALID_INPUT", sentence, path)

    assert await calendars_of(helpdesk.admin) == []
    assert await changes_of(helpdesk, "BusinessCalendarChanged") == []


@pytest.mark.parametrize("text", ["2026-02-30", "20260101", "2026-W01-1", "today", "26-01-01"])
async def test_what_is_no_date_is_no_input(a_helpdesk: Make, text: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await a_calendar(helpdesk, holidays=[{"date": text}])

    assert refusal.value.codes == ["BAD_USER_INPUT"]


async def test_the_list_stays_short(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as write:
        for _ in range(CALENDARS_LIMIT):
            write.insert(
                new(
                    BusinessCalendar,
                    organization_id=helpdesk.world.id,
                    name="One of many",
                    definition=CalendarDefinition("One of many", ALWAYS_OPEN).as_json(),
                    created_at=write.now,
                    updated_at=write.now,
                )
            )

    sentence = "An organization has at most 50 calendars. Delete one that nobody needs."
    assert await a_calendar(helpdesk) == Problem("INVALID_INPUT", sentence)


async def test_only_admins_set_the_hours(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        refused = await by.create_business_calendar(input={"name": "Mine", "weekly": []})
        assert refused == Problem("NOT_ALLOWED", "Your role does not include this: create business calendar.")
    assert await calendars_of(helpdesk.admin) == []
