"""How members want to be told of things: what they chose, what holds for those who did not, and when digests go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from tortoise import fields
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model

from models.fields import key, one_of, reference
from models.log import NotificationKind

DIGEST_TIME = time(8)


class NotificationMail(StrEnum):
    """Whether and when somebody gets mail about something."""

    IMMEDIATE = "immediate"
    DIGEST = "digest"
    NONE = "none"


class Preference(Model):
    """How a member wants to be told of one kind of thing. Who has no row wants what `DEFAULTS` says."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    member = reference("Membership", index=False, on_delete=fields.CASCADE)
    member_id: UUID
    kind = fields.CharEnumField(NotificationKind, max_length=40)
    mail = fields.CharEnumField(NotificationMail, max_length=10)
    in_app = fields.BooleanField()

    class Meta:
        table = "support_preference"
        constraints = (
            UniqueConstraint(fields=("member_id", "kind"), name="support_preference_once_per_kind"),
            one_of("mail", NotificationMail, "support_preference_mail_known"),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """How to tell somebody: by mail, among their notifications, both or not at all."""

    mail: NotificationMail
    in_app: bool = True


# A busy ticket has many replies, and whoever works on it looks at it anyway; all else is rare, or urgent.
DEFAULTS: Mapping[NotificationKind, Choice] = {
    NotificationKind.TICKET_ASSIGNED: Choice(NotificationMail.IMMEDIATE),
    NotificationKind.CUSTOMER_REPLY: Choice(NotificationMail.DIGEST),
    NotificationKind.MENTION: Choice(NotificationMail.IMMEDIATE),
    NotificationKind.SLA_WARNING: Choice(NotificationMail.IMMEDIATE),
    NotificationKind.SLA_BREACHED: Choice(NotificationMail.IMMEDIATE),
    NotificationKind.SLA_ESCALATED: Choice(NotificationMail.IMMEDIATE),
}


def next_digest(after: datetime, zone: ZoneInfo) -> datetime:
    """The first instant later than `after` at which the zone's clocks show DIGEST_TIME."""
    day = after.astimezone(zone).date()
    while True:
        at = datetime.combine(day, DIGEST_TIME, zone).astimezone(UTC)
        if at > after:
            return at
        day += timedelta(days=1)
