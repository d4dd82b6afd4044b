"""Notifications: what one member should look at."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput, NotFound
from models.events import NotificationsRead
from models.writer import organization_write
from resolvers.access import operation
from resolvers.telling import count_unread, hold_notifications

AT_ONCE = 100


@operation
async def mark_notifications_read(actor: Actor, ids: Sequence[UUID | None] | None, *, everything: bool) -> int:
    """Mark notifications of one's own as read, some or all; how many of them were unread. All of them or none."""
    if (ids is None) is not everything:
        raise InvalidInput("Say which, by `ids`, or `all`: one of the two.", ["ids"])
    if ids is not None and len(ids) > AT_ONCE:
        raise InvalidInput(f"At most {AT_ONCE} ids at a time.", ["ids"])
    wanted = None if ids is None else {*ids}
    async with organization_write(actor) as write:
        await hold_notifications(write, [actor.user_id])
        mine = [actor.organization_id, actor.user_id, None if wanted is None else [*wanted]]
        if wanted is not None and await write.connection.fetchval(_KNOWN, *mine) != len(wanted):
            raise NotFound("notification", ["ids"])
        marked = [row["id"] for row in await write.connection.fetch(_MARK, *mine, write.now)]
        if marked:
            unread = await count_unread(write.connection.fetch, actor.user_id)
            named = () if everything else tuple(marked)
            write.record(NotificationsRead(len(marked), unread, named, everything), person_id=actor.user_id)
    return len(marked)


_KNOWN = """
SELECT count(*) FROM support_notification WHERE organization_id = $1 AND user_id = $2 AND in_app AND id = ANY($3)
"""
_MARK = """
UPDATE support_notification SET read_at = $4
WHERE organization_id = $1 AND user_id = $2 AND read_at IS NULL AND in_app AND ($3::uuid[] IS NULL OR id = ANY($3))
RETURNING id
"""
