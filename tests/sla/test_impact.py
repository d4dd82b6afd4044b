"""What an edit would do to open tickets is told before it is made, and nothing is changed by asking"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from tests.client import GraphQLErrors
from tests.sla.desks import HOUR, OFFICE, Desk, calendar, policy

Desks = Callable[[], Awaitable[Desk]]

POLICY = """query($input: UpdateSlaPolicyInput!) { slaPolicyImpact(input: $input) {
  openTickets examined changed dueEarlier dueLater breached } }"""
CALENDAR = """query($input: UpdateBusinessCalendarInput!) { businessCalendarImpact(input: $input) {
  openTickets examined changed dueEarlier dueLater breached } }"""


def targets(seconds: int) -> list[dict[str, Any]]:
    """The same for every priority that a test's tickets have."""
    return [{"priority": "MEDIUM", "firstResponseSeconds": seconds, "resolutionSeconds": 28_800}]


async def three_open_tickets(desk: Desk) -> str:
    """Three hours old, promised an answer within four; one is resolved. The policy's id."""
    (policy_id,) = await desk.promise(policy(hours=4))
    tickets = [await desk.helpdesk.ticket() for _ in range(4)]
    await desk.helpdesk.agent.resolve_ticket(ticket_id=tickets[0]["id"])
    await desk.helpdesk.agent.add_message(input={"ticketId": tickets[1]["id"], "body": "On it."})
    await desk.follow()
    desk.later(3 * HOUR)
    return encode("sla", policy_id)


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({"name": "Gold"}, (0, 0, 0, 0)),
        ({"targets": targets(7_200)}, (3, 2, 0, 2)),
        ({"targets": targets(18_000)}, (3, 0, 2, 0)),
        ({"targets": []}, (3, 0, 3, 0)),
    ],
)
async def test_of_a_policy(a_desk: Desks, given: dict[str, Any], found: tuple[int, ...]) -> None:
    desk = await a_desk()
    policy_id = await three_open_tickets(desk)
    seq = "SELECT seq FROM support_event_counter WHERE organization_id = $1"
    before = await desk.database.fetchval(seq, desk.system.organization_id)

    impact = (await desk.helpdesk.admin.query(POLICY, input={"slaPolicyId": policy_id, **given}))["slaPolicyImpact"]

    names = ("changed", "dueEarlier", "dueLater", "breached")
    assert (impact["openTickets"], impact["examined"], *(impact[name] for name in names)) == (3, 3, *found)
    assert await desk.database.fetchval(seq, desk.system.organization_id) == before


async def test_what_it_tells_is_what_comes(a_desk: Desks) -> None:
    desk = await a_desk()
    policy_id = await three_open_tickets(desk)
    wanted = {"slaPolicyId": policy_id, "targets": targets(7_200)}
    impact = (await desk.helpdesk.admin.query(POLICY, input=wanted))["slaPolicyImpact"]
    await desk.helpdesk.admin.update_sla_policy(input=wanted)
    await desk.follow()

    breaches = await desk.database.fetchval(
        "SELECT count(DISTINCT ticket_id) FROM support_event WHERE organization_id = $1 AND type = 'SlaBreached'",
        desk.system.organization_id,
    )

    assert breaches == impact["breached"] == 2


async def test_of_a_calendar(a_desk: Desks) -> None:
    desk = await a_desk()
    (office,) = await desk.promise(calendar("Office", OFFICE, is_default=True))
    await three_open_tickets(desk)
    closed = {"businessCalendarId": encode("cal", office), "weekly": []}

    impact = (await desk.helpdesk.admin.query(CALENDAR, input=closed))["businessCalendarImpact"]

    assert impact == {
        "openTickets": 3,
        "examined": 3,
        "changed": 3,
        "dueEarlier": 0,
        "dueLater": 3,
        "breached": 0,
    }


async def test_what_could_not_be_done_is_refused_and_only_admins_ask(a_desk: Desks) -> None:
    desk = await a_desk()
    policy_id = await three_open_tickets(desk)
    refused = {}
    for who, given in (
        ("admin", {"slaPolicyId": policy_id, "name": ""}),
        ("admin", {"slaPolicyId": policy_id, "expectedVersion": 7}),
        ("admin", {"slaPolicyId": encode("sla", desk.system.organization_id)}),
        ("agent", {"slaPolicyId": policy_id}),
    ):
        with pytest.raises(GraphQLErrors) as error:
            await getattr(desk.helpdesk, who).query(POLICY, input=given)
        refused[who, *given] = error.value.codes

    assert [*refused.values()] == [["INVALID_INPUT"], ["CONFLICT"], ["NOT_FOUND"], ["NOT_ALLOWED"]]
