"""How often what was promised was kept."""

from __future__ import annotations

from datetime import date as Date

import strawberry

from graphql_api.reading.reads import RowType, column, to_one
from graphql_api.types.organizations import UserType
from graphql_api.types.service_levels import SlaPolicyVersionType
from models.lifecycle import TicketPriority
from models.sla import SlaClockKind
from resolvers.compliance import DateRange


@strawberry.input(name="DateRange", description="Dates in the organization's time zone, from one to another.")
class DateRangeInput:
    """resolvers.compliance.DateRange"""

    first: Date = strawberry.field(name="from", description="The first date.")
    last: Date = strawberry.field(name="to", description="The last date, which is included.")

    def range(self) -> DateRange:
        """As operations know it."""
        return DateRange(self.first, self.last)


@strawberry.type(
    name="SlaCompliance",
    description="How many clocks were met in time, for one combination of dimensions. Dimensions that are not in "
    "`by` are null.",
)
class SlaComplianceType(RowType):
    """Not a row of a table: resolvers.compliance.Compliance"""

    period: Date | None = column(
        "period",
        "With DAY, WEEK or MONTH: the first day of the period. A clock belongs to the period in which "
        "it was breached, else met; while it is neither, to the one in which it started.",
    )
    kind: SlaClockKind | None = column("kind", "With KIND: what the clocks wait for.", enum=SlaClockKind)
    priority: TicketPriority | None = column("priority", "With PRIORITY: the priority.", enum=TicketPriority)
    policy: SlaPolicyVersionType | None = to_one(
        lambda: SlaPolicyVersionType,
        "policy_version_id",
        "With POLICY: the policy's last version, even if the policy is deleted.",
    )
    agent: UserType | None = to_one(
        lambda: UserType, "agent_id", "With AGENT: whose clocks; null if they are nobody's."
    )
    met: int = column("met", "How many were met in time.")
    met_late: int = column("met_late", "How many were met after they were breached.")
    breached: int = column("breached", "How many are breached and not met.")
    running: int = column("running", "How many are running. They are not judged.")
    paused: int = column("paused", "How many are paused. They are not judged.")
    never: int = column("never", "How many will never be due. They are not judged.")
    compliance: float | None = column(
        "compliance",
        "100 x met / (met + metLate + breached), to two decimals, rounded half up. Null if there is none of these.",
    )
