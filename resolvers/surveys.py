"""Surveys: what the holder of a survey's link sees and does, without signing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.actors import Actor, Role
from models.database import Database
from models.errors import NotFound
from models.lifecycle import TicketStatus, allowed_transitions, beyond_reopening
from models.links import BadLink, Link, LinkPurpose, Links
from models.tickets import Ticket
from resolvers.access import Parameters, operation
from resolvers.satisfaction import CHANGEABLE_FOR, Rating, submit_satisfaction
from resolvers.throttle import count_link


@dataclass(frozen=True, slots=True)
class Given:
    """A rating that was given."""

    rating: int
    comment: str | None
    at: datetime

    @property
    def changeable_until(self) -> datetime:
        """When it becomes final."""
        return self.at + CHANGEABLE_FOR


@dataclass(frozen=True, slots=True)
class Survey:
    """A resolution that its requester is asked about, and what they said of it."""

    organization_name: str
    locale: str
    timezone: str
    ticket_number: int
    ticket_subject: str
    ticket_status: TicketStatus
    may_reopen: bool
    given: Given | None


async def holder_of(database: Database, link: Link) -> Actor:
    """Whom a link about a ticket was sent to: its requester, as a customer and for what the link is for.

    Raises BadLink where they are not here any more.
    """
    ticket_id, _ = link.ids
    requester_id: UUID | None = await database.fetchval(_REQUESTER, ticket_id, link.organization_id)
    if requester_id is None:
        raise BadLink
    return Actor.member(database, link.organization_id, requester_id, Role.CUSTOMER)


async def answer_survey(database: Database, links: Links, token: str, given: Rating) -> Survey:
    """Rate the resolution that a survey's link is about, in the name of whom it was sent to."""
    link = links.open(LinkPurpose.SURVEY, token, database.now())
    ticket_id, resolution_id = link.ids
    await count_link(database, link)
    holder = await holder_of(database, link)
    await submit_satisfaction(holder, ticket_id, given, resolution_id)
    return await survey(holder, ticket_id, resolution_id)


@operation
async def survey(actor: Actor, ticket_id: UUID, resolution_id: UUID) -> Survey:
    """What there is to say of a resolution: how the ticket stands, and the rating that it got."""
    parameters = Parameters(actor)
    keys = parameters.bind(ticket_id), parameters.bind(resolution_id)
    row = await actor.database.fetchrow(
        _SURVEY.format(ticket=keys[0], resolution=keys[1], scope=parameters.scope(Ticket)), *parameters.values
    )
    if row is None:
        raise NotFound("ticket")
    status = TicketStatus(row["status"])
    reopens = TicketStatus.OPEN in allowed_transitions(actor.mover, status)
    too_late = beyond_reopening(row["closed_at"], row["reopen_window_days"], actor.database.now())
    return Survey(
        organization_name=row["name"],
        locale=row["locale"],
        timezone=row["timezone"],
        ticket_number=row["number"],
        ticket_subject=row["subject"],
        ticket_status=status,
        may_reopen=reopens and not too_late,
        given=None if row["rating"] is None else Given(row["rating"], row["comment"], row["rated_at"]),
    )


_REQUESTER = """
SELECT m.id FROM support_ticket t JOIN support_membership m ON m.id = t.requester_id
WHERE t.id = $1 AND t.organization_id = $2 AND m.deactivated_at IS NULL
"""
_SURVEY = """
SELECT o.name, o.timezone, s.locale, s.reopen_window_days, t.number, t.subject, t.status, t.closed_at,
  r.rating, r.comment, r.created_at AS rated_at
FROM support_ticket t
JOIN support_organization o ON o.id = t.organization_id
JOIN support_settings s ON s.organization_id = t.organization_id
LEFT JOIN support_satisfaction r ON r.resolution_id = {resolution} AND r.ticket_id = t.id
WHERE t.id = {ticket} AND {scope}
"""
