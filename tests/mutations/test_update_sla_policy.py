"""updateSlaPolicy: another promise from now on, a version at a time"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_calendar, a_policy, changes_of, policies_of
from tests.mutations.test_create_sla_policy import versions_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_what_is_left_out_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    calendar = await a_calendar(helpdesk)
    made = await a_policy(
        helpdesk,
        calendarId=calendar["id"],
        warnBeforeSeconds=60,
        pauseOn=[],
        aiCountsAsResponse=True,
        conditions=[{"tags": ["vip"]}],
        escalations=[{"action": "NOTIFY_ADMINS"}],
    )
    (before,) = await policies_of(helpdesk.admin)

    await helpdesk.admin.update_sla_policy(
        input={
            "slaPolicyId": made["id"],
            "expectedVersion": 1,
            "targets": [{"priority": "LOW", "resolutionSeconds": 60}],
        }
    )

    targets = [{"priority": "LOW", "firstResponseSeconds": None, "nextResponseSeconds": None, "resolutionSeconds": 60}]
    assert await policies_of(helpdesk.admin) == [{**before, "version": 2, "targets": targets}]
    assert await versions_of(helpdesk, made) == [(1, "Gold", 0, False), (2, "Gold", 0, False)]
    assert (await changes_of(helpdesk, "SlaPolicyChanged"))[1:] == [("policy_id", made["id"], "updated")]


async def test_null_means_the_default_calendar(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk, calendarId=(await a_calendar(helpdesk))["id"])

    await helpdesk.admin.update_sla_policy(input={"slaPolicyId": made["id"], "calendarId": None})

    (shown,) = await policies_of(helpdesk.admin)
    assert (shown["calendar"], shown["version"]) == (None, 2)


async def test_what_changes_nothing_is_no_version(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk, conditions=[{"requesterDomains": ["a.test", "b.test"]}], isDefault=True)

    same = await helpdesk.admin.update_sla_policy(
        input={
            "slaPolicyId": made["id"],
            "name": " Gold ",
            "position": 7,
            "isDefault": True,
            "conditions": [{"requesterDomains": ["B.test", "@a.test"]}],
        }
    )

    assert same == made
    assert await versions_of(helpdesk, made) == [(1, "Gold", 0, True)]
    assert len(await changes_of(helpdesk, "SlaPolicyChanged")) == 1


@pytest.mark.parametrize(
    ("moved", "position", "order"),
    [
        ("A", 2, "BCAD"),
        ("A", 9, "BCDA"),
        ("D", 0, "DABC"),
        ("C", 1, "ACBD"),
        ("B", 1, "ABCD"),
    ],
)
async def test_a_policy_moves_and_those_between_make_room(
    a_helpdesk: Make, moved: str, position: int, order: str
) -> None:
    helpdesk = await a_helpdesk()
    made = {name: await a_policy(helpdesk, name=name) for name in "ABCD"}

    await helpdesk.admin.update_sla_policy(input={"slaPolicyId": made[moved]["id"], "position": position})

    shown = await policies_of(helpdesk.admin)
    assert "".join(each["name"] for each in shown) == order
    assert [each["position"] for each in shown] == [0, 1, 2, 3]
    # Only those that stand elsewhere now are another version.
    assert {each["name"]: each["version"] for each in shown} == {
        name: 1 if order.index(name) == "ABCD".index(name) else 2 for name in "ABCD"
    }


async def test_another_default_unmakes_the_former(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    former, present = await a_policy(helpdesk, isDefault=True), await a_policy(helpdesk)

    await helpdesk.admin.update_sla_policy(input={"slaPolicyId": present["id"], "isDefault": True})

    assert [each["isDefault"] for each in await policies_of(helpdesk.admin)] == [False, True]
    assert (await changes_of(helpdesk, "SlaPolicyChanged"))[2:] == [
        ("policy_id", present["id"], "updated"),
        ("policy_id", former["id"], "updated"),
    ]


async def test_there_is_always_a_default(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    default, other = await a_policy(helpdesk, isDefault=True), await a_policy(helpdesk)

    refused = await helpdesk.admin.update_sla_policy(input={"slaPolicyId": default["id"], "isDefault": False})
    same = await helpdesk.admin.update_sla_policy(input={"slaPolicyId": other["id"], "isDefault": False})

    sentence = "There is always one default policy: make another one the default."
    assert refused == Problem("INVALID_INPUT", sentence, ("isDefault",))
    assert same == other
    assert len(await changes_of(helpdesk, "SlaPolicyChanged")) == 2


async def test_of_two_made_the_default_at_once_one_is_in_the_end(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    policies = [await a_policy(helpdesk) for _ in range(4)]

    await asyncio.gather(
        *(helpdesk.admin.update_sla_policy(input={"slaPolicyId": each["id"], "isDefault": True}) for each in policies),
        *(helpdesk.admin.update_sla_policy(input={"slaPolicyId": each["id"], "position": 0}) for each in policies),
    )

    shown = await policies_of(helpdesk.admin)
    assert [each["position"] for each in shown] == [0, 1, 2, 3]
    assert sum(each["isDefault"] for each in shown) == 1


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk)

    results = await asyncio.gather(
        *(
            helpdesk.admin.update_sla_policy(input={"slaPolicyId": made["id"], "expectedVersion": 1, "name": name})
            for name in ("One", "Another")
        )
    )

    sentence = "The policy has changed: you read version 1, it is at 2. Read it again."
    assert [each for each in results if isinstance(each, Problem)] == [Problem("CONFLICT", sentence)]
    assert len(await changes_of(helpdesk, "SlaPolicyChanged")) == 2


@pytest.mark.parametrize(
    "field",
    [
        "name",
        "targets",
        "warnBeforeSeconds",
        "pauseOn",
        "pauseFirstResponse",
        "aiCountsAsResponse",
        "conditions",
        "escalations",
        "position",
        "isDefault",
    ],
)
async def test_what_is_never_null_is_not(a_helpdesk: Make, field: str) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk)

    refused = await helpdesk.admin.update_sla_policy(input={"slaPolicyId": made["id"], field: None})

    sentence = "This is never null: leave it out to keep it as it is."
    assert refused == Problem("INVALID_INPUT", sentence, (field,))


@pytest.mark.parametrize(
    ("given", "sentence", "path"),
    [
        ({"name": " "}, "This can't be empty.", ("name",)),
        ({"position": -1}, "Positions count from 0.", ("position",)),
        (
            {"targets": [{"priority": "LOW", "resolutionSeconds": -5}]},
            "This is 0 to 315,360,000 seconds, which are ten years.",
            ("targets", "0", "resolutionSeconds"),
        ),
        (
            {"warnBeforeSeconds": 315_360_001},
            "This is 0 to 315,360,000 seconds, which are ten years.",
            ("warnBeforeSeconds",),
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(
    a_helpdesk: Make, given: dict[str, Any], sentence: str, path: tuple[str, ...]
) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk)

    refused = await helpdesk.admin.update_sla_policy(input={"slaPolicyId": made["id"], **given})

    assert refused == Problem("INVALID_INPUT", sentence, path)
    assert len(await changes_of(helpdesk, "SlaPolicyChanged")) == 1


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await a_policy(other)
    gone = await a_policy(helpdesk)
    await helpdesk.admin.delete_sla_policy(sla_policy_id=gone["id"])

    for policy_id in (theirs["id"], gone["id"], encode("sla", new_id()), "nonsense"):
        result = await helpdesk.admin.update_sla_policy(input={"slaPolicyId": policy_id, "name": "Ours"})
        assert result == Problem("NOT_FOUND", "There is no such SLA policy.")
    assert len(await changes_of(other, "SlaPolicyChanged")) == 1


async def test_only_admins_change_promises(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk)

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        result = await by.update_sla_policy(input={"slaPolicyId": made["id"], "name": "Mine"})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: update sla policy.")
