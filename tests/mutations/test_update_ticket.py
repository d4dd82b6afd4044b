"""updateTicket"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.fields import new_id
from tests.client import Problem
from tests.live.following import now
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SHOWN = """query($id: ID!) { ticket(id: $id) {
  version updatedAt subject priority category { id name } pendingUntil } }"""
UPDATED = """subscription($after: Cursor) { feed(after: $after) { __typename ... on TicketUpdated {
  fields priority previousPriority category { name } previousCategory { name } ticket { subject version } }
  ... on TicketSnoozed { pendingUntil } } }"""
OPENED = ["TicketCreated", "MessageAdded"]
SOME_DAY = "2999-01-01T08:00:00.000Z"


async def shown(by: Any, ticket: Any) -> Any:
    """All of a ticket that the mutation could change."""
    return (await by.query(SHOWN, id=ticket["id"]))["ticket"]


async def a_category(helpdesk: Helpdesk, name: str = "Billing") -> str:
    """A category of the organization; its id."""
    return str((await helpdesk.admin.create_category(input={"name": name}))["id"])


async def update(by: Any, ticket: Any, **changes: Any) -> Any:
    """The mutation's answer."""
    return await by.update_ticket(input={"ticket_id": ticket["id"], **changes})


async def test_everything_that_is_given_changes_at_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, billing = await helpdesk.ticket(), await a_category(helpdesk)
    cursors = [await now(by) for by in (helpdesk.agent, helpdesk.customer)]
    changes = {"subject": " It broke again ", "priority": "HIGH", "category_id": billing}

    result = await update(helpdesk.agent, ticket, **changes)

    expected = {"subject": "It broke again", "priority": "HIGH", "category": {"id": billing, "name": "Billing"}}
    for by, after in zip((helpdesk.agent, helpdesk.customer), cursors, strict=True):
        assert (await shown(by, ticket)).items() >= {**expected, "version": 2}.items()
        async with by.subscription(UPDATED, after=after) as feed:
            assert await feed.next() == {
                "__typename": "TicketUpdated",
                "fields": ["SUBJECT", "PRIORITY", "CATEGORY"],
                "priority": "HIGH",
                "previousPriority": "MEDIUM",
                "category": {"name": "Billing"},
                "previousCategory": None,
                "ticket": {"subject": "It broke again", "version": 2},
            }
    assert (result["subject"], result["version"]) == ("It broke again", 2)
    assert await helpdesk.events(ticket) == [*OPENED, "TicketUpdated"]


async def test_what_is_left_out_stays_and_null_clears(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket(category_id=await a_category(helpdesk))

    await update(helpdesk.agent, ticket, priority="LOW")
    kept = await shown(helpdesk.agent, ticket)
    await update(helpdesk.agent, ticket, category_id=None)
    cleared = await shown(helpdesk.agent, ticket)

    assert (kept["priority"], kept["subject"], kept["category"]["name"]) == ("LOW", "It broke", "Billing")
    assert (cleared["priority"], cleared["category"], cleared["version"]) == ("LOW", None, 3)
    rows = await helpdesk.world.database.fetch(
        "SELECT data, visibility FROM support_event WHERE ticket_id = $1 AND type = 'TicketUpdated' ORDER BY seq",
        decode("tkt", ticket["id"]),
    )
    assert [(row["data"]["fields"], row["visibility"]) for row in rows] == [
        (["priority"], "customer"),
        (["category"], "customer"),
    ]


async def test_the_same_again_is_no_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket(category_id=await a_category(helpdesk))
    before = await shown(helpdesk.agent, ticket)

    for changes in (
        {},
        {"subject": "It broke", "priority": "MEDIUM", "category_id": before["category"]["id"], "pending_until": None},
    ):
        assert (await update(helpdesk.agent, ticket, **changes))["version"] == 1

    assert await shown(helpdesk.agent, ticket) == before
    assert await helpdesk.events(ticket) == OPENED


async def test_a_pending_ticket_is_put_off_and_customers_do_not_learn_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status="PENDING")
    unmoved, after = await shown(helpdesk.customer, ticket), await now(helpdesk.agent)

    await update(helpdesk.agent, ticket, pending_until=SOME_DAY)

    assert (await shown(helpdesk.agent, ticket))["pendingUntil"] == SOME_DAY
    assert await shown(helpdesk.customer, ticket) == unmoved
    async with helpdesk.agent.subscription(UPDATED, after=after) as feed:
        assert await feed.next() == {"__typename": "TicketSnoozed", "pendingUntil": SOME_DAY}
    visibility = "SELECT visibility FROM support_event WHERE ticket_id = $1 AND type = 'TicketSnoozed'"
    assert await helpdesk.world.database.fetchval(visibility, decode("tkt", ticket["id"])) == "staff"
    await update(helpdesk.agent, ticket, pending_until=None)
    assert (await shown(helpdesk.agent, ticket))["pendingUntil"] is None
    assert (await helpdesk.events(ticket))[-2:] == ["TicketSnoozed", "TicketSnoozed"]


@pytest.mark.parametrize(
    ("status", "until", "sentence"),
    [
        ("IN_PROGRESS", SOME_DAY, "Only a pending ticket can be put off."),
        ("PENDING", "2020-01-01T00:00:00Z", "A ticket is put off until an instant in the future."),
    ],
)
async def test_what_can_not_be_put_off_is_not(a_helpdesk: Make, status: str, until: str, sentence: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)
    before = await shown(helpdesk.agent, ticket)

    # Nothing else of the same call is changed either.
    result = await update(helpdesk.agent, ticket, pending_until=until, priority="HIGH")

    assert result == Problem("INVALID_INPUT", sentence, ("pendingUntil",))
    assert await shown(helpdesk.agent, ticket) == before
    assert (await helpdesk.events(ticket))[-1] == "TicketStatusChanged"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"subject": None}, Problem("INVALID_INPUT", "A ticket has a subject.", ("subject",))),
        ({"subject": " "}, Problem("INVALID_INPUT", "This can't be empty.", ("subject",))),
        (
            {"subject": "x" * 301},
            Problem("INVALID_INPUT", "This has 301 characters; at most 300 are kept.", ("subject",)),
        ),
        ({"priority": None}, Problem("INVALID_INPUT", "A ticket has a priority.", ("priority",))),
        ({"category_id": encode("cat", new_id())}, Problem("NOT_FOUND", "There is no such category.", ("categoryId",))),
        ({"category_id": "billing"}, Problem("NOT_FOUND", "There is no such category.", ("categoryId",))),
    ],
)
async def test_what_can_not_be_is_refused(a_helpdesk: Make, changes: dict[str, Any], problem: Problem) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    assert await update(helpdesk.agent, ticket, **changes) == problem
    assert await helpdesk.events(ticket) == OPENED


async def test_another_organizations_ticket_and_category_are_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket, theirs = await helpdesk.ticket(), await other.ticket()
    category = await a_category(other)

    assert await update(helpdesk.agent, theirs, priority="LOW") == Problem("NOT_FOUND", "There is no such ticket.")
    assert await update(helpdesk.agent, ticket, category_id=category) == Problem(
        "NOT_FOUND", "There is no such category.", ("categoryId",)
    )
    assert await other.events(theirs) == OPENED


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await update(helpdesk.agent, ticket, priority="LOW", expected_version=1)

    result = await update(helpdesk.admin, ticket, priority="URGENT", expected_version=1)

    assert result == Problem("CONFLICT", "The ticket has changed: you read version 1, it is at 2. Read it again.")
    assert (await shown(helpdesk.agent, ticket))["priority"] == "LOW"


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await update(getattr(helpdesk, role), ticket, subject="Mine")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: update ticket.")
