"""Who acts: the only value that crosses every floor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from models.lifecycle import Mover

if TYPE_CHECKING:
    from models.database import Database


class Role(StrEnum):
    """What a person is in an organization."""

    ADMIN = "admin"
    AGENT = "agent"
    ANALYST = "analyst"
    CUSTOMER = "customer"


# Each may do less than the next; a token acts in the lesser of its own role and its owner's.
ROLE_ORDER = (Role.CUSTOMER, Role.ANALYST, Role.AGENT, Role.ADMIN)


class ActorKind(StrEnum):
    """Who wrote a message or caused an event."""

    AGENT = "agent"
    CUSTOMER = "customer"
    AI = "ai"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody acting in one organization, and the database that the organization lives in.

    `user_id` is the membership's id, None for the AI and the system. `role` is None for those two as well. A person
    came with a token (`token_id`) or in a session (`session_id`), which end at `expires_at`, if ever.
    """

    database: Database
    organization_id: UUID
    kind: ActorKind
    user_id: UUID | None = None
    role: Role | None = None
    token_id: UUID | None = None
    session_id: UUID | None = None
    expires_at: datetime | None = None

    @property
    def seconds_left(self) -> float | None:
        """How long what they came in with holds from now on, by the deployment's clock; None: without end."""
        return (self.expires_at - self.database.now()).total_seconds() if self.expires_at else None

    @property
    def is_customer(self) -> bool:
        """Whether what this actor reads is cut down to what customers may see."""
        return self.role is Role.CUSTOMER

    @property
    def mover(self) -> Mover:
        """How the life cycle knows this actor."""
        return _MOVERS[self.kind]

    @classmethod
    def member(
        cls,
        database: Database,
        organization_id: UUID,
        member_id: UUID,
        role: Role,
        *,
        token_id: UUID | None = None,
        session_id: UUID | None = None,
        expires_at: datetime | None = None,
    ) -> Actor:
        """Somebody who belongs to the organization, in a role of theirs."""
        kind = ActorKind.CUSTOMER if role is Role.CUSTOMER else ActorKind.AGENT
        return cls(database, organization_id, kind, member_id, role, token_id, session_id, expires_at)

    @classmethod
    def ai(cls, database: Database, organization_id: UUID) -> Actor:
        """The organization's AI: drafts, tags and, where it has earned it, resolves."""
        return cls(database, organization_id, ActorKind.AI)

    @classmethod
    def system(cls, database: Database, organization_id: UUID) -> Actor:
        """Timers, imports and clean-ups."""
        return cls(database, organization_id, ActorKind.SYSTEM)


_MOVERS = {
    ActorKind.AGENT: Mover.AGENT,
    ActorKind.CUSTOMER: Mover.CUSTOMER,
    ActorKind.AI: Mover.AI,
    ActorKind.SYSTEM: Mover.TIMER,
}
