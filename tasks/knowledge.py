"""The reaction that keeps an article's chunks and vectors in step with its text."""

from __future__ import annotations

from models.actors import Actor
from models.events import ArticleChanged
from models.recorded import RecordedEvent
from resolvers import knowledge
from tasks.context import TaskContext


async def index_article(context: TaskContext, event: RecordedEvent) -> None:
    """Cut the article into chunks, embed those that are new, and store them; searches find them from then on."""
    if not isinstance(event.fact, ArticleChanged):
        raise LookupError(f"event {event.id} is about no article")
    actor = Actor.system(context.database, event.organization_id)
    article_id = event.fact.article_id
    article = await knowledge.indexable_article(actor, article_id)
    if article is None:
        await knowledge.index_article(actor, article_id, None, None)
        return
    prepared = await context.knowledge.prepare_article(article.title, article.body, article.stored)
    await knowledge.index_article(actor, article_id, article.version, prepared)
