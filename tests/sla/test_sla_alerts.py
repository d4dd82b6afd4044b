"""slaAlerts: warnings and breaches as they are recorded, for staff"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from tests.client import GraphQLErrors
from tests.live.following import now
from tests.sla.desks import FRIDAY, HOUR, Desk, key, policy

Desks = Callable[[], Awaitable[Desk]]

ALERTS = """subscription($after: Cursor) { slaAlerts(after: $after) {
  cursor __typename ... on Event { occurredAt recordedAt actorKind ticket { id } }
  ... on SlaWarning { kind position dueAt } ... on SlaBreached { kind position dueAt } } }"""


async def test_a_warning_and_a_breach_arrive_and_nothing_else(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    cursor = await now(desk.helpdesk.agent)
    ticket = await desk.helpdesk.ticket()
    await desk.follow()

    desk.later(3 * HOUR)
    await desk.look(ticket)
    desk.later(2 * HOUR)
    await desk.look(ticket)

    async with desk.helpdesk.analyst.subscription(ALERTS, after=cursor) as feed:
        warning, breach = await feed.next(), await feed.next()
    assert warning == {
        "cursor": warning["cursor"],
        "__typename": "SlaWarning",
        "occurredAt": "2026-11-06T12:00:00.000Z",
        "recordedAt": "2026-11-06T12:00:00.000Z",
        "actorKind": "SYSTEM",
        "ticket": {"id": encode("tkt", key(ticket))},
        "kind": "FIRST_RESPONSE",
        "position": 0,
        "dueAt": "2026-11-06T13:00:00.000Z",
    }
    # It happened at the instant, and was found an hour later.
    assert (breach["__typename"], breach["dueAt"], breach["occurredAt"], breach["recordedAt"]) == (
        "SlaBreached",
        "2026-11-06T13:00:00.000Z",
        "2026-11-06T13:00:00.000Z",
        "2026-11-06T14:00:00.000Z",
    )
    assert desk.clock.now == FRIDAY + 5 * HOUR


async def test_a_resumed_subscription_brings_what_was_missed_or_says_that_it_can_not(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    cursor = await now(desk.helpdesk.agent)
    desk.later(3 * HOUR)
    await desk.look(ticket)
    async with desk.helpdesk.agent.subscription(ALERTS, after=cursor) as feed:
        warning = await feed.next()
    desk.later(2 * HOUR)
    await desk.look(ticket)

    async with desk.helpdesk.agent.subscription(ALERTS, after=warning["cursor"]) as feed:
        assert (await feed.next())["__typename"] == "SlaBreached"
    elsewhere = await now((await a_desk()).helpdesk.agent)
    async with desk.helpdesk.agent.subscription(ALERTS, after=elsewhere) as feed:
        assert (await feed.next())["__typename"] == "ResyncRequired"


async def test_customers_follow_no_alerts(a_desk: Desks) -> None:
    desk = await a_desk()

    async with desk.helpdesk.customer.subscription(ALERTS) as feed:
        with pytest.raises(GraphQLErrors) as refusal:
            await feed.next()

    assert refusal.value.codes == ["NOT_ALLOWED"]
