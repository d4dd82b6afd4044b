"""How members want to be told of things, chosen by themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.database import Fetch
from models.errors import InvalidInput, NotFound
from models.events import PreferencesChanged
from models.log import NotificationKind
from models.preferences import DEFAULTS, Choice, NotificationMail, Preference
from models.rows import load_all, new, select
from models.writer import Write, organization_write
from resolvers.access import operation
from resolvers.patches import KEEP, Keep, kept
from resolvers.telling import hold_notifications


@dataclass(frozen=True, slots=True)
class ChoiceChange:
    """What to change of how somebody is told of one kind of thing."""

    kind: NotificationKind
    mail: NotificationMail | Keep = KEEP
    in_app: bool | Keep = KEEP


async def choices_of(fetch: Fetch, member_id: UUID | None) -> Mapping[NotificationKind, Choice]:
    """How a member wants to be told of each kind of thing, chosen or by default."""
    return _with_defaults(await _chosen(fetch, member_id))


def _with_defaults(rows: Iterable[Preference]) -> Mapping[NotificationKind, Choice]:
    return {**DEFAULTS, **{row.kind: Choice(row.mail, row.in_app) for row in rows}}


@operation
async def update_preferences(actor: Actor, wanted: Sequence[ChoiceChange]) -> Mapping[NotificationKind, Choice]:
    """Change how one is told of some kinds of things; all choices as they are then.

    What waits for a digest is in it only if its kind still is when the digest goes.
    """
    if len({change.kind for change in wanted}) < len(wanted):
        raise InvalidInput("Say what you want of each kind once.", ["notifications"])
    async with organization_write(actor) as write:
        return await _choose(write, actor.user_id, wanted)


@dataclass(frozen=True, slots=True)
class DigestSubscription:
    """Whether somebody gets a daily digest, and what the page on which they end it needs to know."""

    organization_name: str
    locale: str
    daily: bool


@operation
async def digest_subscription(actor: Actor, member_id: UUID) -> DigestSubscription:
    """How a member stands to the digest; NotFound for those who have left."""
    rows = await actor.database.fetch(_SUBSCRIBER, actor.organization_id, member_id)
    if not rows:
        raise NotFound("user")
    choices = await choices_of(actor.database.fetch, member_id)
    daily = any(choice.mail is NotificationMail.DIGEST for choice in choices.values())
    return DigestSubscription(rows[0]["name"], rows[0]["locale"], daily)


@operation
async def turn_off_digest(actor: Actor, member_id: UUID) -> bool:
    """Take everything out of a member's digest, so that none comes any more; whether there was something in it.

    For a link in the digest itself: whoever holds it has no other credentials, and may do nothing else.
    """
    async with organization_write(actor) as write:
        await hold_notifications(write, [member_id])
        before = await choices_of(write.connection.fetch, member_id)
        daily = [kind for kind, choice in before.items() if choice.mail is NotificationMail.DIGEST]
        await _choose(write, member_id, [ChoiceChange(kind, NotificationMail.NONE) for kind in daily])
    return bool(daily)


async def _choose(
    write: Write, member_id: UUID | None, wanted: Iterable[ChoiceChange]
) -> Mapping[NotificationKind, Choice]:
    await hold_notifications(write, [member_id])
    rows = {row.kind: row for row in await _chosen(write.connection.fetch, member_id)}
    before = _with_defaults(rows.values())
    after = dict(before)
    for change in wanted:
        old = before[change.kind]
        after[change.kind] = Choice(kept(change.mail, old.mail), kept(change.in_app, old.in_app))
    changed = {kind: choice for kind, choice in after.items() if choice != before[kind]}
    for kind, choice in changed.items():
        if kind in rows:
            write.update(rows[kind], mail=choice.mail, in_app=choice.in_app)
        else:
            write.insert(_row(write, member_id, kind, choice))
    if changed:
        no_more = [kind for kind, choice in changed.items() if choice.mail is not NotificationMail.DIGEST]
        await write.connection.execute(_OUT_OF_DIGEST, member_id, no_more)
        write.record(PreferencesChanged(tuple(sorted(changed)), member_id=member_id), person_id=member_id)
    return after


def _row(write: Write, member_id: UUID | None, kind: NotificationKind, choice: Choice) -> Preference:
    return new(
        Preference,
        organization_id=write.actor.organization_id,
        member_id=member_id,
        kind=kind,
        mail=choice.mail,
        in_app=choice.in_app,
    )


async def _chosen(fetch: Fetch, member_id: UUID | None) -> list[Preference]:
    return load_all(Preference, await fetch(f"{select(Preference)} WHERE t.member_id = $1", member_id))


_SUBSCRIBER = """
SELECT o.name, s.locale FROM support_membership m
JOIN support_organization o ON o.id = m.organization_id
JOIN support_settings s ON s.organization_id = o.id
WHERE m.organization_id = $1 AND m.id = $2 AND m.deactivated_at IS NULL
"""
# What was there for the digest only is there for nothing without it.
_OUT_OF_DIGEST = """
WITH gone AS (
    DELETE FROM support_notification
    WHERE user_id = $1 AND digest_at IS NOT NULL AND kind = ANY($2) AND NOT in_app
)
UPDATE support_notification SET digest_at = NULL
WHERE user_id = $1 AND digest_at IS NOT NULL AND kind = ANY($2) AND in_app
"""
