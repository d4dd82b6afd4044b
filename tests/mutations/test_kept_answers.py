"""An Idempotency-Key: what is kept of an answer, and what the second one tells"""

from __future__ import annotations

import json
from collections.abc import Sequence

from graphql import GraphQLObjectType, get_named_type

from graphql_api.idempotency import SHOWN_ONCE, kept, shown
from graphql_api.schema import CORE_SCHEMA
from graphql_api.types.credentials import SignedOutType
from models.actors import Role
from models.database import utc_now
from resolvers.access import OPEN_TO_ALL
from tests.access.calls import arguments, ask, caller, code_of, prepare
from tests.access.documents import ROOTS, root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.client import Problem
from tests.mutations.retried import A_TICKET, CREATE, Make, seq_of

BULK = """mutation($input: BulkUpdateInput!) { updateTickets(input: $input) { ... on Bulk { failed results {
  ... on Ticket { status version } ... on Problem { code message path } } } } }"""


async def test_the_second_answer_is_the_row_as_it_is_then(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.customer.keyed("once")
    ticket = await keyed.create_ticket(input=A_TICKET)
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])

    again = await keyed.create_ticket(input=A_TICKET)

    assert (again["id"], again["status"], again["version"]) == (ticket["id"], "RESOLVED", 2)


async def test_what_is_gone_meanwhile_is_not_made_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.agent.keyed("once")
    given = {"title": "Hello", "shortcut": "hello", "body": "Hello."}
    canned = await keyed.create_canned_response(input=given)
    await helpdesk.agent.delete_canned_response(canned_response_id=canned["id"])
    seq = await seq_of(helpdesk.world)

    again = await keyed.create_canned_response(input=given)

    assert again == Problem("NOT_FOUND", "This was done, but what it made is gone by now, or no longer yours to see.")
    assert await seq_of(helpdesk.world) == seq


async def test_a_second_answer_tells_nothing_that_was_erased(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    asked = CREATE.replace("number", "number subject requester { id name email } messages { nodes { body } }")
    person = {"email": "canary@example.test", "name": "canary"}
    behalf = {"subject": "canary", "body": "canary", "onBehalfOf": person}
    keyed = helpdesk.agent.keyed("once")
    ticket = (await keyed.query(asked, input=behalf))["createTicket"]
    await helpdesk.admin.erase_person(user_id=ticket["requester"]["id"])

    again = (await keyed.query(asked, input=behalf))["createTicket"]

    assert again["id"] == ticket["id"]
    assert again["requester"]["email"] is None
    assert "canary" not in json.dumps(again)


async def test_every_mutation_sent_twice_is_done_once(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    mutations = [name for name, kind in root_fields().items() if kind == "mutation" and snake(name) not in OPEN_TO_ALL]
    # Whoever has signed out has nothing left to ask again with.
    mutations.remove("signOut")

    for name in mutations:
        # Notifications are nobody's but their own person's.
        of_caller = name == "markNotificationsRead"
        things = await things_of(helpdesk, role=Role.ADMIN if of_caller else Role.AGENT)
        await prepare(helpdesk, name, things)
        keyed, given = (await caller(helpdesk, name, Role.ADMIN)).keyed(name), arguments(name, things)
        first = await ask(keyed, name, given)
        assert code_of(name, first) is None, (name, first)
        seq = await seq_of(helpdesk.world)

        again = await ask(keyed, name, given)

        if shown_once(name):
            assert code_of(name, again) == "CONFLICT", name
        elif name == "signOut":
            assert code_of(name, again) == "UNAUTHENTICATED"
        else:
            assert again["data"] == first["data"], name
        assert await seq_of(helpdesk.world) == seq, name


async def test_what_became_of_each_ticket_is_told_again(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = [(await helpdesk.ticket())["id"], "tkt_" + "0" * 32, (await helpdesk.ticket())["id"]]
    keyed = helpdesk.agent.keyed("once")

    first, second = [await keyed.query(BULK, input={"ids": ids, "status": "RESOLVED"}) for _ in range(2)]

    done = {"status": "RESOLVED", "version": 2}
    missing = {"code": "NOT_FOUND", "message": "There is no such ticket.", "path": ["ids"]}
    assert first == second == {"updateTickets": {"failed": 1, "results": [done, missing, done]}}


def shown_once(name: str) -> bool:
    """Whether a mutation answers with a secret."""
    return any(kind.name in SHOWN_ONCE for kind in results(name))


def results(name: str) -> Sequence[GraphQLObjectType]:
    """What a mutation may answer with."""
    return CORE_SCHEMA.get_possible_types(get_named_type(ROOTS["mutation"].fields[name].type))  # type: ignore[arg-type]


async def test_a_secret_is_not_kept(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    keyed = helpdesk.admin.keyed("once")
    wanted = {"email": "ada@example.test", "name": "Ada", "role": "AGENT"}

    invited = await keyed.invite_member(input=wanted)
    again = await keyed.invite_member(input=wanted)

    assert invited["token"].startswith("hi_")
    assert again.code == "CONFLICT"
    stored = await helpdesk.world.database.fetchval(
        "SELECT result FROM support_idempotency_key WHERE organization_id = $1", helpdesk.world.id
    )
    assert stored == {"type": "Invitation", "fields": {}}


def test_an_instant_is_kept_to_the_microsecond() -> None:
    signed_out = SignedOutType(at=utc_now())

    assert shown(kept(signed_out), lambda _: SignedOutType) == signed_out


def test_what_looks_like_a_secret_is_shown_once() -> None:
    named = {
        kind.name
        for name, operation in root_fields().items()
        if operation == "mutation" and snake(name) not in OPEN_TO_ALL
        for kind in results(name)
        if {"token", "secret", "password"} & set(kind.fields)
    }

    assert named == SHOWN_ONCE
