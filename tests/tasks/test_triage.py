"""A new ticket gets a draft that quotes the organization's help centre, and an agent gets one when asking for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from langchain_core.language_models import BaseChatModel
from langchain_core.outputs import ChatResult

from models.actors import Actor
from models.assistance import AiSuggestion, SuggestionSource, SuggestionStatus
from models.events import SuggestionReady
from models.log import ReactionStatus
from models.recorded import RecordedEvent
from models.rows import load_all, select
from rag.articles import ArticleFile
from rag.chat import ChatModel
from resolvers.knowledge import import_articles
from resolvers.suggestions import suggest_reply
from resolvers.tickets import NewTicket, create_ticket, resolve_ticket
from tasks.leases import Terms
from tasks.reactions import REACTIONS
from tests.tasks.parts import Worker, reactions_of, worker_of
from tests.world import World

HELP_CENTRE = [
    ArticleFile(
        id="filter",
        title="Changing the water filter",
        body="The filter lasts for about two months.\n\n"
        "Turn the old filter a quarter to the left and pull it out. Rinse the new one and push it in until it clicks.",
        source="https://help.example.com/filter",
    ),
    ArticleFile(
        id="returns",
        title="Sending something back",
        body="You may send back anything within 30 days. Print the label from your order page and hand in the parcel.",
    ),
    ArticleFile(
        id="warranty",
        title="What the warranty covers",
        body="Faults of material are repaired free of charge for three years. Lime and dropped parts are not covered.",
    ),
]
FILTER = NewTicket(subject="filter", body="How do I swap the water filter for a new one?")

Organizations = Callable[[], Awaitable[World]]


async def with_help_centre(world: World) -> Worker:
    """A worker, and the help centre indexed by it."""
    worker = worker_of(world.database, REACTIONS)
    await import_articles(Actor.system(world.database, world.id), HELP_CENTRE)
    await worker.step(world.admin)
    return worker


async def suggestions_of(ticket_id: UUID, world: World) -> list[AiSuggestion]:
    """The ticket's drafts, oldest first."""
    rows = await world.database.fetch(f"{select(AiSuggestion)} WHERE t.ticket_id = $1 ORDER BY t.id", ticket_id)
    return load_all(AiSuggestion, rows)


async def sources_of(suggestion: AiSuggestion, world: World) -> list[SuggestionSource]:
    """What a draft cites, in its order."""
    rows = await world.database.fetch(
        f"{select(SuggestionSource)} WHERE t.suggestion_id = $1 ORDER BY t.position", suggestion.id
    )
    return load_all(SuggestionSource, rows)


async def ready_in(world: World) -> list[UUID]:
    """The drafts that the log says are ready."""
    rows = await world.database.fetch(
        "SELECT * FROM support_event WHERE organization_id = $1 AND type = 'SuggestionReady' ORDER BY seq", world.id
    )
    facts = [RecordedEvent.from_row(dict(row)).fact for row in rows]
    return [fact.suggestion_id for fact in facts if isinstance(fact, SuggestionReady)]


async def test_a_new_ticket_gets_a_cited_draft(an_organization: Organizations) -> None:
    world = await an_organization()
    worker = await with_help_centre(world)
    ticket_id = await create_ticket(world.customer, FILTER)

    await worker.step(world.admin)

    (suggestion,) = await suggestions_of(ticket_id, world)
    assert (suggestion.status, suggestion.model, suggestion.answerable) == (
        SuggestionStatus.PENDING,
        "extractive",
        True,
    )
    assert suggestion.body is not None
    assert "Turn the old filter a quarter to the left and pull it out." in suggestion.body
    assert suggestion.body in HELP_CENTRE[0].body
    (source,) = await sources_of(suggestion, world)
    assert (source.title, source.url) == ("Changing the water filter", "https://help.example.com/filter")
    assert source.excerpt in HELP_CENTRE[0].body
    assert await ready_in(world) == [suggestion.id]


async def test_one_ticket_never_gets_two_drafts_from_one_event(an_organization: Organizations) -> None:
    world = await an_organization()
    worker = await with_help_centre(world)
    ticket_id = await create_ticket(world.customer, FILTER)
    await worker.step(world.admin)
    # As after a worker that died between the draft and its "done".
    await world.database.execute(
        "UPDATE support_reaction SET status = 'due', finished_at = NULL WHERE organization_id = $1 AND name = 'triage'",
        world.id,
    )

    await worker.step()

    assert len(await suggestions_of(ticket_id, world)) == len(await ready_in(world)) == 1
    assert {reaction.status for reaction in await reactions_of(world.admin)} == {ReactionStatus.DONE}


async def test_no_draft_where_the_organization_wants_none(an_organization: Organizations) -> None:
    world = await an_organization()
    worker = await with_help_centre(world)
    await world.database.execute(
        "UPDATE support_settings SET suggestions_enabled = FALSE WHERE organization_id = $1", world.id
    )
    ticket_id = await create_ticket(world.customer, FILTER)

    await worker.step(world.admin)

    assert await suggestions_of(ticket_id, world) == []
    assert {reaction.status for reaction in await reactions_of(world.admin)} == {ReactionStatus.DONE}


async def test_no_draft_for_a_ticket_that_is_resolved_by_then(an_organization: Organizations) -> None:
    world = await an_organization()
    worker = await with_help_centre(world)
    ticket_id = await create_ticket(world.customer, FILTER)
    await resolve_ticket(world.agent, ticket_id)

    await worker.step(world.admin)

    assert await suggestions_of(ticket_id, world) == []


async def test_no_draft_from_another_organizations_help_centre(an_organization: Organizations) -> None:
    world, neighbour = await an_organization(), await an_organization()
    worker = await with_help_centre(neighbour)
    ticket_id = await create_ticket(world.customer, FILTER)

    await worker.step(world.admin)

    assert await suggestions_of(ticket_id, world) == []
    assert {reaction.status for reaction in await reactions_of(world.admin)} == {ReactionStatus.DONE}


async def test_an_agent_gets_the_draft_that_was_asked_for(an_organization: Organizations) -> None:
    world = await an_organization()
    ticket_id = await create_ticket(world.customer, FILTER)
    worker = await with_help_centre(world)
    asked = await suggest_reply(world.agent, ticket_id)

    await worker.step(world.admin)

    suggestion = next(row for row in await suggestions_of(ticket_id, world) if row.id == asked)
    assert suggestion.status is SuggestionStatus.PENDING
    assert [source.title for source in await sources_of(suggestion, world)] == ["Changing the water filter"]
    assert asked in await ready_in(world)


async def test_an_agent_is_told_that_there_is_no_answer(an_organization: Organizations) -> None:
    world = await an_organization()
    worker = worker_of(world.database, REACTIONS)
    ticket_id = await create_ticket(world.customer, FILTER)
    asked = await suggest_reply(world.agent, ticket_id)

    await worker.step(world.admin)

    (suggestion,) = await suggestions_of(ticket_id, world)
    assert (suggestion.id, suggestion.status) == (asked, SuggestionStatus.FAILED)
    assert suggestion.reason == "The help centre has no answer to this."
    assert await ready_in(world) == [asked]


class AwayModel(BaseChatModel):
    """A chat model whose vendor can't be reached."""

    _llm_type = "away"

    def _generate(self, *_args: Any, **_options: Any) -> ChatResult:
        raise ConnectionRefusedError("nobody there")


async def test_a_model_that_is_away_is_asked_again_later(an_organization: Organizations) -> None:
    world = await an_organization()
    await with_help_centre(world)
    ticket_id = await create_ticket(world.customer, FILTER)
    worker = worker_of(world.database, REACTIONS, chat_model=ChatModel("away", AwayModel()))

    await worker.step(world.admin)

    (triage,) = [each for each in await reactions_of(world.admin) if each.name == "triage"]
    assert (triage.status, triage.attempts) == (ReactionStatus.DUE, 1)
    assert triage.error is not None
    assert triage.error.startswith("ModelUnavailable: The model away did not answer: nobody there")
    assert triage.due_at > world.database.now()
    assert await suggestions_of(ticket_id, world) == []


async def test_a_dead_draft_leaves_nobody_waiting(an_organization: Organizations) -> None:
    world = await an_organization()
    ticket_id = await create_ticket(world.customer, FILTER)
    await with_help_centre(world)
    asked = await suggest_reply(world.agent, ticket_id)
    away = worker_of(world.database, REACTIONS, Terms(attempts=1), chat_model=ChatModel("away", AwayModel()))

    await away.step(world.admin)
    await away.step()

    (suggestion,) = await suggestions_of(ticket_id, world)
    assert (suggestion.id, suggestion.status) == (asked, SuggestionStatus.FAILED)
    assert suggestion.reason == "It could not be written. Ask for another."
    assert await ready_in(world) == [asked]


async def test_a_dead_draft_that_is_tried_again_becomes_a_draft(an_organization: Organizations) -> None:
    world = await an_organization()
    ticket_id = await create_ticket(world.customer, FILTER)
    worker = await with_help_centre(world)
    asked = await suggest_reply(world.agent, ticket_id)
    away = worker_of(world.database, REACTIONS, Terms(attempts=1), chat_model=ChatModel("away", AwayModel()))
    await away.step(world.admin)
    await away.step()

    await world.database.execute(
        "UPDATE support_reaction SET status = 'due', excused = attempts WHERE organization_id = $1 AND name = 'draft'",
        world.id,
    )
    await worker.step()

    drafted = next(row for row in await suggestions_of(ticket_id, world) if row.id == asked)
    assert (drafted.status, drafted.reason) == (SuggestionStatus.PENDING, None)
