"""What an organization promises until it says something else: one policy and one calendar, both the default."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from models.actors import Actor
from models.lifecycle import TicketPriority
from models.organizations import Organization
from models.sla import Calendar, CalendarDefinition, Interval, Policy, PolicyDefinition, Targets
from models.writer import Write, lock_organization, organization_write
from resolvers.access import look_up, operation
from resolvers.business_calendars import add_calendar, calendars_in_force
from resolvers.sla_policies import add_policy, policies_in_force

_HOUR = timedelta(hours=1)
# In hours of an office that is open eight a day: the first answer and each later one, and the resolution.
_PROMISED = {
    TicketPriority.LOW: (16, 40),
    TicketPriority.MEDIUM: (8, 24),
    TicketPriority.HIGH: (4, 16),
    TicketPriority.URGENT: (1, 8),
}
STANDARD = Policy(
    {
        priority: Targets(response * _HOUR, response * _HOUR, resolution * _HOUR)
        for priority, (response, resolution) in _PROMISED.items()
    },
    warn_before=timedelta(minutes=15),
)


def office_hours(timezone: str) -> Calendar:
    """Monday to Friday, nine to five."""
    nine_to_five = (Interval.between("09:00", "17:00"),)
    return Calendar(timezone, (nine_to_five,) * 5 + ((),) * 2)


@dataclass(frozen=True, slots=True)
class Given:
    """Which of the two an organization lacked, and has now."""

    policy: bool
    calendar: bool


def add_default_calendar(write: Write, timezone: str) -> None:
    """Office hours where a policy names no calendar."""
    add_calendar(write, CalendarDefinition("Office hours", office_hours(timezone), is_default=True))


def add_default_policy(write: Write, position: int) -> None:
    """Something for tickets that no other policy is for."""
    add_policy(write, PolicyDefinition("Standard", STANDARD, position, is_default=True))


@operation
async def give_sla_defaults(actor: Actor) -> Given:
    """Let an organization of before service levels have what new ones begin with, as far as it has chosen nothing."""
    async with organization_write(actor) as write:
        await lock_organization(write)
        organization = await look_up(write, Organization, actor.organization_id)
        policies, calendars = await policies_in_force(write), await calendars_in_force(write)
        lacks = Given(
            policy=not any(policy.is_default for policy in policies),
            calendar=not any(calendar.is_default for calendar in calendars),
        )
        if lacks.calendar:
            add_default_calendar(write, organization.timezone)
        if lacks.policy:
            add_default_policy(write, len(policies))
    return lacks
