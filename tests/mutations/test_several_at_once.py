"""Several mutations in one document: one after the other, each a transaction of its own"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SEVERAL = """mutation($id: ID!, $unknown: ID!) {
  first: resolveTicket(ticketId: $id) { ...Outcome }
  missing: closeTicket(ticketId: $unknown) { ...Outcome }
  again: resolveTicket(ticketId: $id, expectedVersion: 1) { ...Outcome }
  last: closeTicket(ticketId: $id, expectedVersion: 2) { ...Outcome }
}
fragment Outcome on TicketResult { ... on Ticket { status version } ... on Problem { code } }"""


async def test_each_sees_what_those_before_it_did_and_undoes_nothing(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    results = await helpdesk.agent.query(SEVERAL, id=ticket["id"], unknown="tkt_" + "0" * 32)

    assert results == {
        "first": {"status": "RESOLVED", "version": 2},
        "missing": {"code": "NOT_FOUND"},
        "again": {"code": "CONFLICT"},
        "last": {"status": "CLOSED", "version": 3},
    }
    assert (await helpdesk.events(ticket))[2:] == ["TicketResolved", "TicketClosed"]
