"""suggestionProgress: a draft's text as it is written, and what became of it"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import ConfigDict, Field

from graphql_api.context import Services
from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from rag.chat import ChatModel
from resolvers.tickets import create_ticket
from subscriptions.drafts import Drafts
from tasks.leases import Terms
from tasks.reactions import REACTIONS
from tests.client import Feed, GraphQLErrors
from tests.tasks.parts import Worker, worker_of
from tests.tasks.test_triage import FILTER, with_help_centre
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

PROGRESS = """subscription($id: ID!) { suggestionProgress(ticketId: $id) {
  suggestionId number status text suggestion { id status body reason } } }"""
LOG_OF_THE_TICKET = """subscription($id: ID!) { suggestionProgress(ticketId: $id) {
  suggestion { ticket { events(first: 50) { nodes { __typename } } } } } }"""
SUBJECT = "subscription($id: ID!) { suggestionProgress(ticketId: $id) { suggestion { ticket { subject } } } }"
RETRY_NOW = "UPDATE support_reaction SET due_at = now() - interval '1 s' WHERE organization_id = $1 AND status = 'due'"
WHOLE = "Turn it a quarter to the left. Rinse the new one."


class Typewriter(BaseChatModel):
    """A chat model that writes the next piece when it is told to, and fails where a piece is an exception."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    pieces: list[str | Exception]
    keys: asyncio.Semaphore = Field(default_factory=lambda: asyncio.Semaphore(0))

    @property
    def _llm_type(self) -> str:
        return "typewriter"

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise NotImplementedError

    async def _astream(self, *_args: Any, **_options: Any) -> AsyncIterator[ChatGenerationChunk]:
        while self.pieces:
            await self.keys.acquire()
            piece = self.pieces.pop(0)
            if isinstance(piece, Exception):
                raise piece
            yield ChatGenerationChunk(message=AIMessageChunk(piece))

    def type(self, count: int = 1) -> None:
        """Write so many pieces more."""
        for _ in range(count):
            self.keys.release()


def a_typist(*pieces: str | Exception) -> Typewriter:
    """A model that will write this."""
    return Typewriter(pieces=list(pieces))


async def a_worker(helpdesk: Helpdesk, services: Services, model: Typewriter | None, **given: Any) -> Worker:
    """A worker whose drafts the server knows of, with a help centre."""
    await with_help_centre(helpdesk.world)
    chat = ChatModel("typewriter", model, patience=given.pop("patience", timedelta(seconds=45))) if model else None
    drafts = given.pop("drafts", services.drafts)
    return worker_of(helpdesk.world.database, REACTIONS, chat_model=chat, drafts=drafts, **given)


async def a_question(helpdesk: Helpdesk, *, triaged: bool = False) -> str:
    """A customer's ticket that the help centre answers, of which nobody drafts anything by himself; its id."""
    ticket_id = await create_ticket(helpdesk.world.customer, FILTER)
    if not triaged:
        await helpdesk.admin.update_support_settings(input={"suggestions_enabled": False})
        await worker_of(helpdesk.world.database, REACTIONS).step(helpdesk.world.admin)
        await helpdesk.admin.update_support_settings(input={"suggestions_enabled": True})
    return encode("tkt", ticket_id)


async def text(feed: Feed, wanted: str) -> Any:
    """The step that shows this text."""
    return await feed.until(text=wanted, status="GENERATING")


async def test_a_draft_is_read_while_it_is_written_and_then_as_it_is_kept(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    model = a_typist("Turn it a quarter ", "to the left [1", "]. ", "Rinse the new one [1].")
    worker, id = await a_worker(helpdesk, services, model), await a_question(helpdesk)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        asked = (await helpdesk.agent.suggest_reply(ticket_id=id))["id"]
        first = await feed.next()
        running = asyncio.create_task(worker.step(helpdesk.world.admin))
        steps = [first]
        for so_far in ("Turn it a quarter", "Turn it a quarter to the left", "Turn it a quarter to the left."):
            model.type()
            steps.append(await text(feed, so_far))
        async with helpdesk.admin.subscription(PROGRESS, id=id) as late:
            assert (await late.next())["text"] == "Turn it a quarter to the left."
            model.type()
            ready = await feed.until(status="PENDING")
            assert {**await late.until(status="PENDING"), "number": 0} == {**ready, "number": 0}
        await running

    assert (first["status"], first["text"], first["suggestion"]["status"]) == ("GENERATING", "", "GENERATING")
    assert {step["suggestionId"] for step in (*steps, ready)} == {asked}
    numbers = [step["number"] for step in (*steps, ready)]
    assert numbers == sorted(set(numbers))
    assert [step["suggestion"] for step in steps[1:]] == [None] * 3
    assert ready["text"] == WHOLE
    assert ready["suggestion"] == {"id": asked, "status": "PENDING", "body": WHOLE, "reason": None}
    async with helpdesk.analyst.subscription(PROGRESS, id=id) as afterwards:
        assert await afterwards.next() == {**ready, "number": 0}


async def test_a_draft_that_quotes_is_read_too(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    worker, id = await a_worker(helpdesk, services, None), await a_question(helpdesk, triaged=True)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        running = asyncio.create_task(worker.step(helpdesk.world.admin))
        written = await feed.until(status="GENERATING")
        while not written["text"]:
            written = await feed.next()
        ready = await feed.until(status="PENDING")
        await running

    assert written["text"] == ready["text"] == ready["suggestion"]["body"]
    assert written["suggestionId"] == ready["suggestionId"] == ready["suggestion"]["id"]


async def test_the_end_is_not_missed_by_who_hears_nothing_of_the_writing(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    worker, id = await a_worker(helpdesk, services, None, drafts=Drafts()), await a_question(helpdesk)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        await helpdesk.agent.suggest_reply(ticket_id=id)
        assert (await feed.next())["status"] == "GENERATING"
        await worker.step(helpdesk.world.admin)

        assert (await feed.next())["status"] == "PENDING"


async def test_a_draft_that_nobody_asked_for_and_that_comes_to_nothing_ends(
    a_helpdesk: Make, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    model = a_typist("NO", " ANS", "WER")
    worker, id = await a_worker(helpdesk, services, model), await a_question(helpdesk, triaged=True)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        model.type(3)
        await worker.step(helpdesk.world.admin)
        steps = [await feed.next()]
        while steps[-1]["status"] == "GENERATING":
            steps.append(await feed.next())

    # What a model says to us is shown to nobody.
    assert {step["text"] for step in steps} == {""}
    assert (steps[-1]["status"], steps[-1]["suggestion"]) == ("FAILED", None)


@pytest.mark.parametrize("stalls", [False, True])
async def test_a_model_that_dies_is_tried_again_and_one_that_stays_dead_is_told(
    a_helpdesk: Make, services: Services, stalls: bool
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    model = a_typist("Turn it ", ConnectionResetError("gone"), "Turn it ", ConnectionResetError("gone again"))
    given: dict[str, Any] = {"patience": timedelta(seconds=3)} if stalls else {}
    worker, id = await a_worker(helpdesk, services, model, terms=Terms(attempts=2), **given), await a_question(helpdesk)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        await helpdesk.agent.suggest_reply(ticket_id=id)
        for attempt in range(2):
            model.type()
            running = asyncio.create_task(worker.step(world.admin))
            await text(feed, "Turn it")
            if stalls and attempt == 0:
                model.pieces.pop(0)
            else:
                model.type()
            await running
            # It is still waited for, and nothing of it is left.
            assert (await text(feed, ""))["suggestion"]["status"] == "GENERATING"
            await world.database.execute(RETRY_NOW, world.id)
        await worker.step()
        failed = await feed.until(status="FAILED")

    assert (failed["text"], failed["suggestion"]["reason"]) == ("", "It could not be written. Ask for another.")


async def test_a_draft_that_an_admin_has_tried_again_is_told_to_whoever_stayed(
    a_helpdesk: Make, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    model = a_typist(ConnectionResetError("gone"), "Turn it a quarter to the left [1]. Rinse the new one [1].")
    model.type(2)
    worker, id = await a_worker(helpdesk, services, model, terms=Terms(attempts=1)), await a_question(helpdesk)
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        await helpdesk.agent.suggest_reply(ticket_id=id)
        await worker.step(world.admin)
        await worker.step()
        failed = await feed.until(status="FAILED")
        letters = (await helpdesk.admin.query("{ deadLetters { nodes { id } } }"))["deadLetters"]["nodes"]
        await helpdesk.admin.retry_dead_letter(id=letters[0]["id"])
        await worker.step(world.admin)

        ready = await feed.until(status="PENDING")

    assert ready["suggestionId"] == failed["suggestionId"]
    assert (ready["text"], ready["number"] > failed["number"]) == (WHOLE, True)


async def test_each_is_shown_their_own_of_what_a_suggestion_leads_to(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    colleague = replace(helpdesk.agent, token=await helpdesk.world.token_of(await helpdesk.world.member(Role.AGENT)))
    id = await a_question(helpdesk)
    await helpdesk.admin.assign_ticket(ticket_id=id, assignee_id=encode("usr", helpdesk.world.agent.user_id))
    await worker_of(helpdesk.world.database, REACTIONS).step(helpdesk.world.admin)
    await helpdesk.agent.suggest_reply(ticket_id=id)
    types = []
    for reader in (helpdesk.agent, colleague, helpdesk.agent):
        async with reader.subscription(LOG_OF_THE_TICKET, id=id) as feed:
            nodes = (await feed.next())["suggestion"]["ticket"]["events"]["nodes"]
            types.append({node["__typename"] for node in nodes})
    assert ["NotificationAdded" in each for each in types] == [True, False, True]


async def test_who_comes_back_at_once_is_shown_the_ticket_as_it_is_by_now(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    id = await a_question(helpdesk)
    await helpdesk.agent.suggest_reply(ticket_id=id)
    shown = []
    for subject in ("Filter", "Another filter"):
        await helpdesk.agent.update_ticket(input={"ticket_id": id, "subject": subject})
        async with helpdesk.agent.subscription(SUBJECT, id=id) as feed:
            shown.append((await feed.next())["suggestion"]["ticket"]["subject"])
    assert shown == ["Filter", "Another filter"]


async def test_customers_are_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    async with helpdesk.customer.subscription(PROGRESS, id=ticket["id"]) as feed:
        with pytest.raises(GraphQLErrors) as refused:
            await feed.next()
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_an_unknown_ticket_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    for id in ((await other.ticket())["id"], encode("tkt", new_id())):
        async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
            with pytest.raises(GraphQLErrors) as refused:
                await feed.next()
        assert refused.value.codes == ["NOT_FOUND"]


async def test_whoever_is_no_longer_staff_reads_no_further(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()
    id = await a_question(helpdesk)
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    async with helpdesk.agent.subscription(PROGRESS, id=id) as feed:
        with services.drafts.writing(decode("tkt", id) or new_id(), new_id()) as told:
            told("Turn it")
            await text(feed, "Turn it")
            await helpdesk.admin.change_member_role(user_id=agent, role="CUSTOMER")
            with pytest.raises(GraphQLErrors) as refused:
                await feed.next()

    assert refused.value.codes == ["NOT_ALLOWED"]
