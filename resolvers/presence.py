"""Where people are: who may say so, of themselves, and who may know. Nothing of it is stored."""

from __future__ import annotations

from typing import Protocol, TypeVar
from uuid import UUID

from models.actors import Actor
from models.presence import PresenceState, Present
from models.tickets import Ticket
from resolvers.access import look_up, operation

H_contra = TypeVar("H_contra", contravariant=True)


class Presences(Protocol[H_contra]):
    """What keeps who is where, for as long as it holds."""

    def admit(self, member_id: UUID) -> None:
        """Count that somebody says where they are; raises RateLimited for whoever says it too often."""
        ...

    def put(
        self, actor: Actor, ticket_id: UUID, state: PresenceState, *, internal: bool, holder: H_contra | None
    ) -> Present:
        """Take it down."""
        ...


@operation
async def set_presence(
    actor: Actor,
    presences: Presences[H_contra],
    ticket_id: UUID | None,
    state: PresenceState,
    *,
    internal: bool,
    holder: H_contra | None,
) -> Present:
    """Say what one does at a ticket; `holder` is the connection that it holds for, if it is said over one."""
    if actor.user_id:
        presences.admit(actor.user_id)
    ticket = await look_up(actor, Ticket, ticket_id)
    return presences.put(actor, ticket.id, state, internal=internal, holder=holder)
