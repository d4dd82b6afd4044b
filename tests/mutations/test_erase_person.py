"""erasePerson"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.assistance import SuggestionStatus
from models.database import Database
from models.fields import new_id
from models.organizations import IdempotencyKey
from models.rows import new
from models.tickets import Satisfaction
from models.writer import organization_write
from rag.replies import SuggestedReply
from tests.client import Client, Problem
from tests.mutations.content import a_canned_response
from tests.mutations.drafts import record, suggestion
from tests.mutations.members import a_session, a_view, an_account, changes, id_of, key, member, opens
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]


async def tables_with(database: Database, *canaries: str) -> set[str]:
    """The tables of the whole database in which a canary sings, in whatever column; later tables come by themselves."""
    tables = await database.fetch(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    )
    spellings = [spelled for canary in canaries for spelled in (canary.casefold(), canary.encode().hex())]
    found = set()
    for (table,) in tables:
        # A row's text has all its columns; those of bytes in hexadecimal digits.
        many = await database.fetchval(
            f"SELECT count(*) FROM {table} t WHERE EXISTS"
            " (SELECT 1 FROM unnest($1::text[]) AS canary WHERE position(canary IN lower(t::text)) > 0)",
            spellings,
        )
        if many:
            found.add(table)
    return found


@dataclass(frozen=True)
class Canaries:
    """A person whose every text is made of these words, and the ticket that they asked for."""

    actor: Actor
    words: tuple[str, str, str]
    ticket: Any
    draft: str


async def a_customer(helpdesk: Helpdesk, client: Callable[[str], Client]) -> Canaries:
    """A customer with a text in every place that takes one of a customer's."""
    world = helpdesk.world
    name, address, word = (f"canary{new_id().hex}" for _ in range(3))
    actor = await world.member(Role.CUSTOMER, name)
    await world.database.execute(
        "UPDATE support_membership SET email = $1, timezone = 'Europe/Berlin' WHERE id = $2",
        f"{address}@example.test",
        actor.user_id,
    )
    await an_account(world, actor)
    customer = client(await world.token_of(actor))
    ticket = await customer.create_ticket(input={"subject": f"A {word}", "body": f"My {word} of {name}."})
    await customer.add_message(input={"ticket_id": ticket["id"], "body": f"Again: {word}."})
    draft = await record(world, ticket, SuggestedReply(f"{word}?", 0.5, answerable=True, sources=(), model="m"))
    edited = await record(world, ticket, SuggestedReply(f"{word}!", 0.5, answerable=True, sources=(), model="m"))
    dismissed = await record(world, ticket, SuggestedReply(word, 0.5, answerable=True, sources=(), model="m"))
    await helpdesk.agent.edit_suggestion(suggestion_id=edited, body="Hold the button.")
    await helpdesk.agent.dismiss_suggestion(suggestion_id=dismissed, reason=f"They wrote {word}.")
    canned = await a_canned_response(helpdesk, body="{{requester.name}}, {{requester.email}}: {{ticket.subject}}")
    for internal in (True, False):
        await helpdesk.agent.add_message(
            input={"ticket_id": ticket["id"], "canned_response_id": canned["id"], "internal": internal}
        )
    await helpdesk.agent.delete_canned_response(canned_response_id=canned["id"])
    await world.database.execute(
        "UPDATE support_ticket SET external_id = $1 WHERE id = $2", f"{address.upper()}@example.test#1", key(ticket)
    )
    async with organization_write(world.admin) as write:
        write.insert(
            new(
                Satisfaction,
                organization_id=world.id,
                ticket_id=key(ticket),
                agent_id=None,
                rating=1,
                comment=f"Where is my {word}?",
                created_at=write.now,
            )
        )
    await _left_behind(world, actor, word)
    await _a_complaint(world, ticket, word)
    assert draft
    return Canaries(actor, (name, address, word), ticket, draft)


async def _left_behind(world: World, actor: Actor, word: str) -> None:
    """What the machinery keeps of a person: a session, a token's name, the result of a safe retry."""
    await a_session(world, actor)
    token = await world.database.fetchval("SELECT id FROM support_api_token WHERE membership_id = $1", actor.user_id)
    await world.database.execute("UPDATE support_api_token SET name = $1 WHERE id = $2", f"{word}'s phone", token)
    async with organization_write(world.admin) as write:
        write.insert(
            new(
                IdempotencyKey,
                organization_id=world.id,
                caller_id=token,
                name=word,
                path="createTicket",
                request_hash=b"",
                result={"message": word},
                created_at=write.now,
            )
        )


async def _a_complaint(world: World, ticket: Any, word: str) -> None:
    """A dead reaction that quotes what it choked on."""
    event_id = await world.database.fetchval("SELECT id FROM support_event WHERE ticket_id = $1 LIMIT 1", key(ticket))
    await world.database.execute(
        "INSERT INTO support_reaction"
        " (id, organization_id, event_id, name, status, attempts, due_at, error, created_at)"
        " VALUES ($1, $2, $3, 'draft', 'dead', 9, now(), $4, now())",
        new_id(),
        world.id,
        event_id,
        f"can't make sense of {word}",
    )


async def test_no_trace_of_a_customer_is_left_in_any_table(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    person = await a_customer(helpdesk, client)
    everywhere = {
        "support_membership",
        "support_user",
        "support_ticket",
        "support_ticket_message",
        "support_ai_suggestion",
        "support_satisfaction",
        "support_api_token",
        "support_idempotency_key",
        "support_reaction",
    }
    assert await tables_with(world.database, *person.words) == everywhere
    before = await _ticket(helpdesk, person)

    result = await helpdesk.admin.erase_person(user_id=id_of(person.actor))

    assert await tables_with(world.database, *person.words) == set()
    # Two of their own, two filled with their name, one out of a draft.
    counts = {"messages": 5, "tickets": 1, "ratings": 1, "drafts": 3, "views": 0, "credentials": 2, "accounts": 1}
    assert {name: result[name] for name in counts} == counts
    # What is left still adds up.
    after = await _ticket(helpdesk, person)
    assert after == before | {"subject": "(erased)", "version": before["version"] + 1}
    draft = await suggestion(helpdesk.agent, person.draft)
    assert (draft["status"], draft["body"]) == (SuggestionStatus.FAILED.name, None)
    shown = await member(helpdesk, id_of(person.actor))
    assert shown == {
        "name": "Erased person",
        "email": None,
        "role": "CUSTOMER",
        "deactivatedAt": shown["deactivatedAt"],
    }
    assert shown["deactivatedAt"]
    assert (await changes(world))[-1] == (person.actor.user_id, "erased", "customer", "staff")


async def _ticket(helpdesk: Helpdesk, person: Canaries) -> Any:
    text = "query($id: ID!) { ticket(id: $id) { subject version status messageCount updatedAt requester { id } } }"
    return (await helpdesk.agent.query(text, id=person.ticket["id"]))["ticket"]


async def test_no_trace_of_an_agent_is_left_in_any_table(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    name, address, word = words = [f"canary{new_id().hex}" for _ in range(3)]
    agent = await world.member(Role.AGENT, name)
    await world.database.execute(
        "UPDATE support_membership SET email = $1 WHERE id = $2", f"{address}@example.test", agent.user_id
    )
    by = client(await world.token_of(agent))
    ticket = await helpdesk.ticket()
    await by.add_message(input={"ticket_id": ticket["id"], "body": f"Hello, {name} here. {word}"})
    await by.add_message(input={"ticket_id": ticket["id"], "body": word, "internal": True})
    await by.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(agent))
    edited, dismissed = await record(world, ticket), await record(world, ticket)
    await by.edit_suggestion(suggestion_id=edited, body=f"In my {word}.")
    await by.dismiss_suggestion(suggestion_id=dismissed, reason=word)
    for shared in (True, False):
        await a_view(world, agent, word, shared=shared)
    invitation = await helpdesk.admin.invite_member(
        input={"email": f"{address}@example.test", "name": name, "role": "AGENT"}
    )
    await an_account(world, agent)
    await _left_behind(world, agent, word)
    everywhere = {
        "support_membership",
        "support_user",
        "support_ticket_message",
        "support_ai_suggestion",
        "support_saved_view",
        "support_api_token",
        "support_idempotency_key",
    }
    assert await tables_with(world.database, *words) == everywhere

    result = await helpdesk.admin.erase_person(user_id=id_of(agent))

    assert await tables_with(world.database, *words) == set()
    counts = {"messages": 3, "tickets": 0, "ratings": 0, "drafts": 2, "views": 2, "credentials": 3, "accounts": 1}
    assert {each: result[each] for each in counts} == counts
    assert await opens(world, invitation["token"]) is None
    assert (await helpdesk.events(ticket))[-1] == "TicketAssigned"
    assert (await by.post("{ viewer { role } }")).status_code == 401


async def test_others_keep_their_texts(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    neighbour, person = await a_customer(helpdesk, client), await a_customer(helpdesk, client)
    before = await tables_with(world.database, *neighbour.words)

    await helpdesk.admin.erase_person(user_id=id_of(person.actor))

    assert await tables_with(world.database, *neighbour.words) == before


async def test_an_account_that_lets_in_elsewhere_stays(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    person = await a_customer(helpdesk, client)
    await other.world.database.execute(
        "UPDATE support_membership SET user_id = (SELECT user_id FROM support_membership WHERE id = $1) WHERE id = $2",
        person.actor.user_id,
        other.world.customer.user_id,
    )

    result = await helpdesk.admin.erase_person(user_id=id_of(person.actor))

    assert result["accounts"] == 0
    assert await tables_with(other.world.database, *person.words) == {"support_user"}


async def test_erased_again_is_erased_still(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    person = await a_customer(helpdesk, client)
    await helpdesk.admin.erase_person(user_id=id_of(person.actor))

    result = await helpdesk.admin.erase_person(user_id=id_of(person.actor))

    assert {result[each] for each in ("messages", "tickets", "ratings", "drafts", "views", "credentials")} == {0}


async def test_the_last_admin_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    admin = id_of(helpdesk.world.admin)

    result = await helpdesk.admin.erase_person(user_id=admin)

    assert result == Problem("CONFLICT", "This is the last admin; make somebody else an admin first.", ("userId",))
    assert (await member(helpdesk, admin))["name"] == "Admin"


async def test_an_unknown_person_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()

    for unknown in (encode("usr", new_id()), id_of(other.world.customer), "ada"):
        result = await helpdesk.admin.erase_person(user_id=unknown)
        assert result == Problem("NOT_FOUND", "There is no such user.", ("userId",))
    assert await changes(other.world) == []
    assert decode("usr", id_of(other.world.customer))


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    result = await getattr(helpdesk, role).erase_person(user_id=id_of(getattr(helpdesk.world, role)))

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: erase person.")
