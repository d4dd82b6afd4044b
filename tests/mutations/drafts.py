"""Drafts of the AI for tests: what a task would record, without the task."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from graphql_api.ids import decode, encode
from models.actors import Actor
from models.assistance import Article
from models.events import ArticleChanged
from models.fields import new_id
from models.rows import new
from models.writer import organization_write
from rag.replies import Source, SuggestedReply
from resolvers.suggestions import record_suggestion
from tests.world import Helpdesk, World

EXTRACTIVE = "extractive"
DRAFT = SuggestedReply(
    "Hold the button for ten seconds.", confidence=0.75, answerable=True, sources=(), model=EXTRACTIVE
)

SUGGESTION = """query($id: ID!) { node(id: $id) { ... on Suggestion {
  status body confidence answerable model decidedAt decidedBy { id } sentBody editDistance reason ticket { id }
  sources { article { title } title heading excerpt url score } } } }"""


async def an_article(world: World, title: str = "Buttons", body: str = "Hold the button for ten seconds.") -> UUID:
    """A page of the help centre, as an import leaves it before it is indexed."""
    async with organization_write(Actor.system(world.database, world.id)) as write:
        article = new(
            Article,
            organization_id=world.id,
            title=title,
            body=body,
            created_at=write.now,
            updated_at=write.now,
        )
        write.insert(article)
        write.record(ArticleChanged(article_id=article.id))
    return article.id


async def cited(world: World) -> SuggestedReply:
    """A draft that rests on two passages of an article."""
    article_id = await an_article(world)
    sources = (
        Source(article_id, "Buttons", "Power > Off", "Hold the button.", "https://help.example.com/buttons", 0.9),
        Source(article_id, "Buttons", None, "Ten seconds will do.", None, 0.4),
    )
    return SuggestedReply(DRAFT.text, DRAFT.confidence, answerable=True, sources=sources, model=EXTRACTIVE)


async def record(
    world: World, ticket: Any, drafted: SuggestedReply | None = DRAFT, event_id: UUID | None = None
) -> str | None:
    """Record what the AI has drafted for a ticket; the suggestion's id."""
    ticket_id = decode("tkt", ticket["id"])
    assert ticket_id is not None
    actor = Actor.ai(world.database, world.id)
    recorded = await record_suggestion(actor, ticket_id, drafted, event_id or new_id())
    return encode("sug", recorded) if recorded else None


async def suggestion(by: Any, suggestion_id: str | None) -> Any:
    """A suggestion as somebody sees it."""
    return (await by.query(SUGGESTION, id=suggestion_id))["node"]


async def requested(helpdesk: Helpdesk, ticket: Any) -> UUID:
    """The event of the last draft that an agent asked for."""
    found = await helpdesk.world.database.fetchval(
        "SELECT id FROM support_event WHERE ticket_id = $1 AND type = 'SuggestionRequested' ORDER BY seq DESC LIMIT 1",
        decode("tkt", ticket["id"]),
    )
    assert isinstance(found, UUID)
    return found
