"""deleteSlaPolicy: off the list, and what was promised stays on record"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_policy, changes_of, policies_of
from tests.mutations.test_create_sla_policy import versions_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_those_behind_it_move_up(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, gone, last = [await a_policy(helpdesk, name=name) for name in ("First", "Gone", "Last")]

    result = await helpdesk.admin.delete_sla_policy(sla_policy_id=gone["id"])

    assert result == {"id": gone["id"]}
    shown = [(each["name"], each["position"], each["version"]) for each in await policies_of(helpdesk.agent)]
    assert shown == [("First", 0, 1), ("Last", 1, 2)]
    assert (await changes_of(helpdesk, "SlaPolicyChanged"))[3:] == [
        ("policy_id", gone["id"], "deleted"),
        ("policy_id", last["id"], "updated"),
    ]
    assert await versions_of(helpdesk, first) == [(1, "First", 0, False)]


async def test_what_it_promised_is_still_told(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    gone = await a_policy(helpdesk)
    await helpdesk.admin.update_sla_policy(input={"slaPolicyId": gone["id"], "name": "Silver"})

    await helpdesk.admin.delete_sla_policy(sla_policy_id=gone["id"])

    happened = await helpdesk.admin.query(
        "{ events(first: 3, filter: {kind: [SLA_POLICY_CHANGED]}) { nodes { ... on SlaPolicyChanged {"
        " change policy { id } version { number name targets { priority firstResponseSeconds } } } } } }"
    )
    targets = [{"priority": "URGENT", "firstResponseSeconds": 3_600}]
    assert happened["events"]["nodes"] == [
        {"change": "DELETED", "policy": None, "version": {"number": 2, "name": "Silver", "targets": targets}},
        {"change": "UPDATED", "policy": None, "version": {"number": 2, "name": "Silver", "targets": targets}},
        {"change": "CREATED", "policy": None, "version": {"number": 1, "name": "Gold", "targets": targets}},
    ]


async def test_the_default_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    default = await a_policy(helpdesk, isDefault=True)

    refused = await helpdesk.admin.delete_sla_policy(sla_policy_id=default["id"])

    sentence = "This is the default policy: make another one the default first, or take its targets away."
    assert refused == Problem("CONFLICT", sentence)
    assert len(await policies_of(helpdesk.admin)) == 1

    await a_policy(helpdesk, name="Another", isDefault=True)
    assert await helpdesk.admin.delete_sla_policy(sla_policy_id=default["id"]) == {"id": default["id"]}


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs, gone = await a_policy(other), await a_policy(helpdesk)
    await helpdesk.admin.delete_sla_policy(sla_policy_id=gone["id"])

    for policy_id in (theirs["id"], gone["id"], encode("sla", new_id())):
        result = await helpdesk.admin.delete_sla_policy(sla_policy_id=policy_id)
        assert result == Problem("NOT_FOUND", "There is no such SLA policy.")
    assert len(await policies_of(other.admin)) == 1


async def test_only_admins_break_promises(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_policy(helpdesk)

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        result = await by.delete_sla_policy(sla_policy_id=made["id"])
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete sla policy.")
    assert len(await policies_of(helpdesk.admin)) == 1
