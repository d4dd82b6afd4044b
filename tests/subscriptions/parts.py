"""Facts to record and ways to read a feed to a certain point."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

from models.actors import Actor
from models.events import ArticleIndexed, TicketResolved
from models.fact import Fact
from models.fields import new_id
from models.lifecycle import TicketStatus
from models.rows import new
from models.tickets import Ticket
from models.writer import organization_write
from subscriptions.items import FeedEvent, FeedItem

NEVER = timedelta(days=1)
SOON = 20
RESOLVED = TicketResolved(previous=TicketStatus.OPEN)


def internal() -> Fact:
    """Something that staff may know of and customers may not."""
    return ArticleIndexed(article_id=new_id())


def a_ticket(requester: Actor) -> Ticket:
    """A ticket as far as events know it; it isn't stored."""
    return new(Ticket, id=new_id(), requester_id=requester.user_id)


async def record(actor: Actor, *facts: Fact, ticket: Ticket | None = None) -> int:
    """Write facts in one transaction; the seq of the last one."""
    async with organization_write(actor) as write:
        for fact in facts:
            write.record(fact, ticket, person_id=None if ticket else actor.user_id)
    assert write.seq is not None
    return write.seq


async def take(feed: AsyncIterator[FeedItem], count: int) -> list[FeedItem]:
    """The next items; fails rather than wait for ever."""
    async with asyncio.timeout(SOON):
        return [await anext(feed) for _ in range(count)]


async def take_seqs(feed: AsyncIterator[FeedItem], count: int) -> list[int]:
    """The seqs of the next items."""
    return [item.position.seq for item in await take(feed, count)]


async def take_until(feed: AsyncIterator[FeedItem], seq: int) -> list[int]:
    """The seqs of all items up to the one with this seq."""
    seqs = await take_seqs(feed, 1)
    while seqs[-1] < seq:
        seqs += await take_seqs(feed, 1)
    return seqs


def ids(items: list[FeedItem]) -> list[UUID]:
    """The events' ids."""
    return [item.event.id for item in items if isinstance(item, FeedEvent)]
