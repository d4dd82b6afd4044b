"""deleteCannedResponse: off the list, while what was sent with it stays"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_canned_response, changes_of
from tests.mutations.thread import write
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

READ = "query($id: ID!) { node(id: $id) { id } cannedResponses { totalCount } }"
SENT = "query($id: ID!) { node(id: $id) { ... on Message { body cannedResponse { id } } } }"


async def test_it_is_off_the_list_and_what_was_sent_with_it_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)
    message = await write(helpdesk.agent, await helpdesk.ticket(), canned_response_id=made["id"])
    assert (await helpdesk.agent.query(SENT, id=message["id"]))["node"]["cannedResponse"] == {"id": made["id"]}

    gone = await helpdesk.agent.delete_canned_response(canned_response_id=made["id"])

    assert gone == {"id": made["id"]}
    assert await helpdesk.agent.query(READ, id=made["id"]) == {"node": None, "cannedResponses": {"totalCount": 0}}
    shown = (await helpdesk.agent.query(SENT, id=message["id"]))["node"]
    assert shown == {"body": "Hello.", "cannedResponse": None}
    assert (await changes_of(helpdesk, "CannedResponseChanged"))[1:] == [("canned_response_id", made["id"], "deleted")]


async def test_it_is_gone_for_good_and_its_shortcut_is_free(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)
    await helpdesk.agent.delete_canned_response(canned_response_id=made["id"])
    problem = Problem("NOT_FOUND", "There is no such canned response.")

    assert await helpdesk.agent.delete_canned_response(canned_response_id=made["id"]) == problem
    changed = await helpdesk.agent.update_canned_response(input={"canned_response_id": made["id"], "title": "Back"})
    assert changed == problem
    sent = await write(helpdesk.agent, await helpdesk.ticket(), canned_response_id=made["id"])
    assert sent == Problem("NOT_FOUND", "There is no such canned response.", ("cannedResponseId",))
    assert (await a_canned_response(helpdesk))["shortcut"] == made["shortcut"]


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await a_canned_response(other)

    for canned_response_id in (theirs["id"], encode("can", new_id())):
        result = await helpdesk.agent.delete_canned_response(canned_response_id=canned_response_id)
        assert result == Problem("NOT_FOUND", "There is no such canned response.")
    assert len(await changes_of(other, "CannedResponseChanged")) == 1


async def test_they_are_for_agents(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_canned_response(helpdesk)

    for by in (helpdesk.customer, helpdesk.analyst):
        result = await by.delete_canned_response(canned_response_id=made["id"])
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete canned response.")
    assert len(await changes_of(helpdesk, "CannedResponseChanged")) == 1
