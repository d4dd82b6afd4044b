"""createSlaPolicy: what is promised, to whom, and what follows"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from models.rows import new
from models.service_levels import SlaPolicy
from models.sla import NOTHING_PROMISED, PolicyDefinition
from models.writer import organization_write
from resolvers.policy_terms import CONDITIONS_LIMIT, ESCALATIONS_LIMIT, TARGET_LIMIT, VALUES_LIMIT
from resolvers.sla_policies import POLICIES_LIMIT
from tests.client import Problem
from tests.mutations.content import a_calendar, a_policy, changes_of, policies_of
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

URGENT = {"priority": "URGENT", "firstResponseSeconds": 900, "resolutionSeconds": 14_400}


async def versions_of(helpdesk: Helpdesk, policy: Any) -> list[tuple[int, str, int, bool]]:
    """Every version of a policy: its number, name, position, and whether it was the default."""
    rows = await helpdesk.world.database.fetch(
        "SELECT number, definition FROM support_sla_policy_version WHERE policy_id = $1 ORDER BY number",
        decode("sla", policy["id"]),
    )
    return [
        (row["number"], row["definition"]["name"], row["definition"]["position"], row["definition"]["is_default"])
        for row in rows
    ]


async def test_everything_that_is_said_is_kept(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    calendar = await a_calendar(helpdesk)
    category = await helpdesk.admin.create_category(input={"name": "Billing"})
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())

    made = await helpdesk.admin.create_sla_policy(
        input={
            "name": " Gold \n customers ",
            "targets": [
                {"priority": "HIGH", "nextResponseSeconds": 7_200},
                {**URGENT, "firstResponseSeconds": 900},
            ],
            "warnBeforeSeconds": 300,
            "pauseOn": ["PENDING", "WAITING_ON_CUSTOMER", "PENDING"],
            "pauseFirstResponse": True,
            "aiCountsAsResponse": True,
            "calendarId": calendar["id"],
            "conditions": [
                {"tags": ["VIP", " vip ", "Gold"]},
                {"categoryIds": [category["id"]]},
                {"requesterDomains": ["@Example.COM", "example.com"]},
            ],
            "escalations": [
                {"action": "NOTIFY_ADMINS", "afterPercent": 80},
                {"action": "RAISE_PRIORITY", "priority": "URGENT", "clock": "RESOLUTION"},
                {"action": "REASSIGN", "assigneeId": agent, "afterPercent": 99},
            ],
        }
    )

    (shown,) = await policies_of(helpdesk.analyst)
    assert shown == {
        "id": made["id"],
        "name": "Gold customers",
        "version": 1,
        "position": 0,
        "isDefault": False,
        "warnBeforeSeconds": 300,
        "pauseOn": ["PENDING", "WAITING_ON_CUSTOMER"],
        "pauseFirstResponse": True,
        "aiCountsAsResponse": True,
        "warnings": [],
        "targets": [
            {
                "priority": "HIGH",
                "firstResponseSeconds": None,
                "nextResponseSeconds": 7_200,
                "resolutionSeconds": None,
            },
            {
                "priority": "URGENT",
                "firstResponseSeconds": 900,
                "nextResponseSeconds": None,
                "resolutionSeconds": 14_400,
            },
        ],
        "calendar": {"id": calendar["id"], "name": "Office"},
        "conditions": [
            {"kind": "TAG", "tags": shown["conditions"][0]["tags"], "categories": [], "domains": []},
            {"kind": "CATEGORY", "tags": [], "categories": [{"id": category["id"]}], "domains": []},
            {"kind": "REQUESTER_DOMAIN", "tags": [], "categories": [], "domains": ["example.com"]},
        ],
        "escalations": [
            {"action": "NOTIFY_ADMINS", "afterPercent": 80, "clock": None, "priority": None, "assignee": None},
            {
                "action": "RAISE_PRIORITY",
                "afterPercent": None,
                "clock": "RESOLUTION",
                "priority": "URGENT",
                "assignee": None,
            },
            {"action": "REASSIGN", "afterPercent": 99, "clock": None, "priority": None, "assignee": {"id": agent}},
        ],
    }
    assert {tag["name"] for tag in shown["conditions"][0]["tags"]} == {"vip", "gold"}
    assert await changes_of(helpdesk, "SlaPolicyChanged") == [("policy_id", made["id"], "created")]
    assert await versions_of(helpdesk, made) == [(1, "Gold customers", 0, False)]


async def test_what_is_left_out_is_the_usual(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    await helpdesk.admin.create_sla_policy(input={"name": "Nothing", "targets": []})

    (shown,) = await policies_of(helpdesk.agent)
    assert (shown["targets"], shown["warnBeforeSeconds"], shown["calendar"]) == ([], 0, None)
    assert shown["pauseOn"] == ["WAITING_ON_CUSTOMER"]
    assert (shown["pauseFirstResponse"], shown["aiCountsAsResponse"]) == (False, False)
    assert shown["warnings"] == ["It has no conditions and is not the default: it applies to no ticket."]


async def test_a_tag_that_nobody_has_used_yet_is_a_tag(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await a_policy(helpdesk, conditions=[{"tags": ["vip"]}])
    ticket = await helpdesk.ticket()

    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["vip"])

    (shown,) = (await helpdesk.agent.query("{ slaPolicies { conditions { tags { id } } } }"))["slaPolicies"]
    (tag,) = (await helpdesk.agent.query("{ tags { nodes { id } } }"))["tags"]["nodes"]
    assert shown["conditions"] == [{"tags": [tag]}]


async def test_a_target_of_nothing_is_accepted_with_a_warning(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    made = await a_policy(
        helpdesk, targets=[{"priority": "LOW", "nextResponseSeconds": 0, "resolutionSeconds": 1}], isDefault=True
    )

    sentence = "Low, next response: This is due the moment it starts, even out of hours."
    assert made["warnings"] == [sentence]


async def test_a_new_policy_takes_its_place_and_the_others_move(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, second = await a_policy(helpdesk, name="First"), await a_policy(helpdesk, name="Second")

    between = await a_policy(helpdesk, name="Between", position=1)
    last = await a_policy(helpdesk, name="Last", position=99)

    shown = [(each["name"], each["position"]) for each in await policies_of(helpdesk.agent)]
    assert shown == [("First", 0), ("Between", 1), ("Second", 2), ("Last", 3)]
    assert await versions_of(helpdesk, first) == [(1, "First", 0, False)]
    assert await versions_of(helpdesk, second) == [(1, "Second", 1, False), (2, "Second", 2, False)]
    assert await changes_of(helpdesk, "SlaPolicyChanged") == [
        ("policy_id", first["id"], "created"),
        ("policy_id", second["id"], "created"),
        ("policy_id", between["id"], "created"),
        ("policy_id", second["id"], "updated"),
        ("policy_id", last["id"], "created"),
    ]


async def test_there_is_one_default(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    former = await a_policy(helpdesk, name="Former", isDefault=True)

    present = await a_policy(helpdesk, name="Present", isDefault=True)

    assert [(each["name"], each["isDefault"]) for each in await policies_of(helpdesk.agent)] == [
        ("Former", False),
        ("Present", True),
    ]
    assert await versions_of(helpdesk, former) == [(1, "Former", 0, True), (2, "Former", 0, False)]
    assert await changes_of(helpdesk, "SlaPolicyChanged") == [
        ("policy_id", former["id"], "created"),
        ("policy_id", present["id"], "created"),
        ("policy_id", former["id"], "updated"),
    ]


@pytest.mark.parametrize(
    ("given", "sentence", "path"),
    [
        ({"name": " "}, "This can't be empty.", ("name",)),
        ({"name": "x" * 101}, "This has 101 characters; at most 100 are kept.", ("name",)),
        (
            {"targets": [URGENT, {"priority": "LOW", "nextResponseSeconds": -1}]},
            "This is 0 to 315,360,000 seconds, which are ten years.",
            ("targets", "1", "nextResponseSeconds"),
        ),
        (
            {"targets": [{"priority": "LOW", "resolutionSeconds": TARGET_LIMIT + 1}]},
            "This is 0 to 315,360,000 seconds, which are ten years.",
            ("targets", "0", "resolutionSeconds"),
        ),
        ({"targets": [URGENT, URGENT]}, "A priority has targets once.", ("targets", "1", "priority")),
        (
            {"warnBeforeSeconds": -1},
            "This is 0 to 315,360,000 seconds, which are ten years.",
            ("warnBeforeSeconds",),
        ),
        ({"position": -1}, "Positions count from 0.", ("position",)),
        (
            {"conditions": [{"tags": ["vip"]}, {"tags": ["vip"], "requesterDomains": ["a.test"]}]},
            "A condition names tags, categories or domains: one of the three.",
            ("conditions", "1"),
        ),
        (
            {"conditions": [{"tags": []}]},
            "A condition names tags, categories or domains: one of the three.",
            ("conditions", "0"),
        ),
        ({"conditions": [{"tags": [" "]}]}, "This can't be empty.", ("conditions", "0", "tags")),
        (
            {"conditions": [{"requesterDomains": ["somebody@a.test"]}]},
            "This is no domain such as example.com.",
            ("conditions", "0", "requesterDomains"),
        ),
        (
            {"conditions": [{"tags": [f"tag {number}" for number in range(VALUES_LIMIT + 1)]}]},
            "A condition has at most 50 values.",
            ("conditions", "0"),
        ),
        (
            {"conditions": [{"tags": ["vip"]}] * (CONDITIONS_LIMIT + 1)},
            "A policy has at most 10 conditions.",
            ("conditions",),
        ),
        (
            {"escalations": [{"action": "NOTIFY_ADMINS"}] * (ESCALATIONS_LIMIT + 1)},
            "A policy has at most 10 escalations.",
            ("escalations",),
        ),
        (
            {"escalations": [{"action": "NOTIFY_ADMINS", "afterPercent": 100}]},
            "This is 1 to 99 percent of the target; leave it out for the breach.",
            ("escalations", "0", "afterPercent"),
        ),
        (
            {"escalations": [{"action": "NOTIFY_ADMINS", "afterPercent": 0}]},
            "This is 1 to 99 percent of the target; leave it out for the breach.",
            ("escalations", "0", "afterPercent"),
        ),
        (
            {"escalations": [{"action": "RAISE_PRIORITY"}]},
            "A priority goes with RAISE_PRIORITY, and RAISE_PRIORITY with a priority.",
            ("escalations", "0", "priority"),
        ),
        (
            {"escalations": [{"action": "NOTIFY_ADMINS", "priority": "HIGH"}]},
            "A priority goes with RAISE_PRIORITY, and RAISE_PRIORITY with a priority.",
            ("escalations", "0", "priority"),
        ),
        (
            {"escalations": [{"action": "REASSIGN"}]},
            "An assignee goes with REASSIGN, and REASSIGN with an assignee.",
            ("escalations", "0", "assigneeId"),
        ),
    ],
)
async def test_what_can_not_be_kept_is_refused(
    a_helpdesk: Make, given: dict[str, Any], sentence: str, path: tuple[str, ...]
) -> None:
    helpdesk = await a_helpdesk()

    assert await a_policy(helpdesk, **given) == Problem("INVALID_INPUT", sentence, path)

    assert await policies_of(helpdesk.admin) == []
    assert await changes_of(helpdesk, "SlaPolicyChanged") == []


async def test_tickets_are_given_only_to_those_who_work(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    analyst = encode("usr", (await helpdesk.world.member(Role.ANALYST)).user_id or new_id())

    refused = await a_policy(helpdesk, escalations=[{"action": "REASSIGN", "assigneeId": analyst}])

    sentence = "Tickets are assigned to active agents and admins only."
    assert refused == Problem("INVALID_INPUT", sentence, ("escalations", "0", "assigneeId"))


async def test_what_belongs_to_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    calendar = await a_calendar(other)
    category = await other.admin.create_category(input={"name": "Billing"})
    agent = encode("usr", other.world.agent.user_id or new_id())

    for given, noun, path in (
        ({"calendarId": calendar["id"]}, "business calendar", ("calendarId",)),
        ({"calendarId": "nonsense"}, "business calendar", ("calendarId",)),
        ({"conditions": [{"categoryIds": [category["id"]]}]}, "category", ("conditions", "0", "categoryIds")),
        ({"conditions": [{"categoryIds": ["nonsense"]}]}, "category", ("conditions", "0", "categoryIds")),
        (
            {"escalations": [{"action": "REASSIGN", "assigneeId": agent}]},
            "user",
            ("escalations", "0", "assigneeId"),
        ),
    ):
        assert await a_policy(helpdesk, **given) == Problem("NOT_FOUND", f"There is no such {noun}.", path)
    assert await policies_of(helpdesk.admin) == []


async def test_the_list_stays_short(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    async with organization_write(helpdesk.world.admin) as write:
        for position in range(POLICIES_LIMIT):
            write.insert(
                new(
                    SlaPolicy,
                    organization_id=helpdesk.world.id,
                    name="One of many",
                    position=position,
                    definition=PolicyDefinition("One of many", NOTHING_PROMISED, position).as_json(),
                    calendar_id=None,
                    created_at=write.now,
                    updated_at=write.now,
                )
            )

    sentence = "An organization has at most 50 policies. Delete one that nobody needs."
    assert await a_policy(helpdesk) == Problem("INVALID_INPUT", sentence)


async def test_only_admins_promise(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        refused = await by.create_sla_policy(input={"name": "Mine", "targets": []})
        assert refused == Problem("NOT_ALLOWED", "Your role does not include this: create sla policy.")
    assert await policies_of(helpdesk.admin) == []


async def test_a_step_whose_assignee_has_left_is_warned_of(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    steps = [{"action": "NOTIFY_ADMINS"}, {"action": "REASSIGN", "assigneeId": agent}]
    made = await a_policy(helpdesk, conditions=[{"tags": ["vip"]}], escalations=steps)

    await helpdesk.admin.remove_member(input={"user_id": agent, "unassign": True})

    (shown,) = await policies_of(helpdesk.admin)
    assert made["warnings"] == []
    assert shown["warnings"] == ["Escalation 2: the assignee is no active agent or admin any more."]
