"""`helpdesk sla defaults`, and what a new organization begins with"""

from __future__ import annotations

import asyncio
from typing import Any

from models.actors import Actor
from models.database import Database
from models.fields import new_id
from models.writer import organization_write
from resolvers.business_calendars import calendars_in_force, definition_of
from resolvers.organizations import create_organization, organization_by_slug
from resolvers.sla_policies import definition_of as terms_of
from resolvers.sla_policies import policies_in_force
from tests.cli.running import answered, helpdesk

TARGETS = {
    "low": {"first_response": 57_600, "next_response": 57_600, "resolution": 144_000},
    "medium": {"first_response": 28_800, "next_response": 28_800, "resolution": 86_400},
    "high": {"first_response": 14_400, "next_response": 14_400, "resolution": 57_600},
    "urgent": {"first_response": 3_600, "next_response": 3_600, "resolution": 28_800},
}


async def _found(url: str, slug: str) -> tuple[list[Any], list[Any], list[str]]:
    """What an organization says in its policies and calendars, and the facts of its log."""
    async with Database.connect(url, connections=2) as database:
        organization = await organization_by_slug(database, slug)
        async with organization_write(Actor.system(database, organization.id)) as write:
            policies = [terms_of(policy) for policy in await policies_in_force(write)]
            calendars = [definition_of(calendar) for calendar in await calendars_in_force(write)]
        rows = await database.fetch(
            "SELECT type, data FROM support_event WHERE organization_id = $1 ORDER BY seq", organization.id
        )
        return policies, calendars, [f"{row['type']} {row['data']['change']}" for row in rows]


async def _before_service_levels(url: str) -> str:
    slug = new_id().hex
    async with Database.connect(url, connections=2) as database:
        await create_organization(database, "Old", slug, "America/Havana", service_levels=False)
    return slug


def test_a_new_organization_promises_the_usual(database_url: str) -> None:
    slug = new_id().hex

    answered(database_url, "organization", "create", "Ours", "--slug", slug, "--timezone", "Asia/Kathmandu")

    (policy,), (calendar,), facts = asyncio.run(_found(database_url, slug))
    assert policy.as_json() == {
        "name": "Standard",
        "position": 0,
        "is_default": True,
        "calendar_id": None,
        "targets": TARGETS,
        "warn_before": 900,
        "pause_on": ["waiting_on_customer"],
        "pause_first_response": False,
        "ai_counts_as_response": False,
        "conditions": [],
        "escalations": [],
    }
    assert calendar.as_json() == {
        "name": "Office hours",
        "is_default": True,
        "timezone": "Asia/Kathmandu",
        "weekly": [[["09:00", "17:00"]]] * 5 + [[], []],
        "holidays": [],
        "extra": [],
        "holiday_names": {},
        "extra_names": {},
    }
    assert facts == ["BusinessCalendarChanged created", "SlaPolicyChanged created"]


def test_one_may_begin_without(database_url: str) -> None:
    slug = new_id().hex

    answered(database_url, "organization", "create", "Ours", "--slug", slug, "--no-service-levels")

    assert asyncio.run(_found(database_url, slug)) == ([], [], [])


def test_an_organization_of_before_gets_what_new_ones_have(database_url: str) -> None:
    slug, other = (asyncio.run(_before_service_levels(database_url)) for _ in range(2))

    given = answered(database_url, "sla", "defaults", "--organization", slug)

    assert given == {slug: {"policy": True, "calendar": True}}
    (policy,), (calendar,), facts = asyncio.run(_found(database_url, slug))
    assert (policy.as_json()["targets"], calendar.calendar.timezone) == (TARGETS, "America/Havana")
    assert facts == ["BusinessCalendarChanged created", "SlaPolicyChanged created"]
    assert asyncio.run(_found(database_url, other)) == ([], [], [])


def test_a_second_time_nothing_is_added(database_url: str) -> None:
    slug = asyncio.run(_before_service_levels(database_url))
    answered(database_url, "sla", "defaults", "--organization", slug)

    again = helpdesk(database_url, "sla", "defaults", "--organization", slug)

    assert (again.exit_code, again.stderr) == (0, f"{slug}: nothing added.\n")
    assert len(asyncio.run(_found(database_url, slug))[2]) == 2


def test_all_organizations_are_asked_where_none_is_named(database_url: str) -> None:
    slug = asyncio.run(_before_service_levels(database_url))

    given = answered(database_url, "sla", "defaults")

    assert given[slug] == {"policy": True, "calendar": True}
    assert answered(database_url, "sla", "defaults")[slug] == {"policy": False, "calendar": False}
