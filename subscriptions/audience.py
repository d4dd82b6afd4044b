"""Those who are shown the same of a log: what is sent of an event is worked out once and handed to each of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from uuid import UUID

from subscriptions.cursor import Position
from subscriptions.follower import Subscriber
from subscriptions.items import FeedEvent, ResumeRequired, Scope
from subscriptions.recipient import Recipient
from subscriptions.standing import changed_member
from subscriptions.visibility import is_for_all

TURN = 200
"""So many are handed an event before others get their turn of the loop."""


class Audience:
    """People of one role who follow the same part of an organization's log and ask to be shown the same of it.

    Whoever joins is handed everything after `reached`. `retire` is called when the last one has left.
    """

    def __init__(self, scope: Scope, position: Position, retire: Callable[[Audience], None]) -> None:
        self.subscriber = Subscriber(scope.of_whole_role(), position)
        self.reached = position.seq
        self._retire = retire
        self._recipients: dict[UUID | None, list[Recipient]] = {}
        self._everybody: list[Recipient] | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self, events: AsyncGenerator[FeedEvent, None]) -> asyncio.Task[None]:
        """Hand over these, in a task of its own."""
        self._task = asyncio.create_task(self._follow(events), name="showing events to an audience")
        self._task.add_done_callback(self._ended)
        return self._task

    def join(self, recipient: Recipient) -> None:
        """Hand everything that comes now to the recipient, too."""
        self._everybody = None
        self._recipients.setdefault(recipient.person_id, []).append(recipient)
        recipient.join(self.reached, self._leave)

    def _leave(self, recipient: Recipient) -> None:
        self._everybody = None
        person_id = recipient.person_id
        self._recipients[person_id].remove(recipient)
        if not self._recipients[person_id]:
            del self._recipients[person_id]
        if not self._recipients:
            self._retire(self)
            if self._task:
                self._task.cancel()

    async def _follow(self, events: AsyncGenerator[FeedEvent, None]) -> None:
        async with aclosing(events):
            async for item in events:
                await self._hand_over(item)

    async def _hand_over(self, item: FeedEvent) -> None:
        # Who joins from here on reads this event from the log, if they lack it.
        self.reached = item.position.seq
        if self.subscriber.scope.holds(item.event):
            await self._show_all(item)
        if member_id := changed_member(item.event):
            for recipient in list(self._recipients.get(member_id, ())):
                recipient.depart(item.position)

    async def _show_all(self, item: FeedEvent) -> None:
        groups = self._groups(item)
        if len(groups) == 1:
            await self._show(item, groups[0])
        elif groups:
            await asyncio.gather(*(self._show(item, group) for group in groups))

    def _groups(self, item: FeedEvent) -> list[list[Recipient]]:
        """Those whom the event may reach, together if they are shown the same of it."""
        if not is_for_all(self.subscriber.scope.actor, item.event):
            concerned = self._recipients.get(item.event.person_id) if item.event.person_id else None
            return [list(concerned)] if concerned else []
        if self._everybody is None:
            self._everybody = [recipient for person in self._recipients.values() for recipient in person]
        if self._everybody and not self._everybody[0].show.is_personal(item):
            return [self._everybody]
        return [list(person) for person in self._recipients.values()]

    async def _show(self, item: FeedEvent, recipients: Sequence[Recipient]) -> None:
        try:
            result = await recipients[0].show(item)
        except Exception as error:
            for recipient in recipients:
                recipient.fail(error)
            return
        overtaken = self.subscriber.overtaken
        for start in range(0, len(recipients), TURN):
            for recipient in recipients[start : start + TURN]:
                recipient.hand(item.position, result, overtaken=overtaken)
            await asyncio.sleep(0)

    def _ended(self, task: asyncio.Task[None]) -> None:
        # A task that was cancelled keeps its frames, which keep us: only the collector would free the two.
        self._task = None
        error = None if task.cancelled() else task.exception()
        for recipient in [each for recipients in self._recipients.values() for each in recipients]:
            if isinstance(error, Exception) and not isinstance(error, ResumeRequired):
                recipient.fail(error)
            else:
                recipient.cut()
