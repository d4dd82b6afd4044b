"""Service levels, pure: facts, a policy and a calendar give clocks, to the microsecond. docs/sla.md has the rules."""

from models.sla.calendars import ALWAYS_OPEN, Calendar, ExtraDay, Interval, SlaReason
from models.sla.clocks import Clock, SlaState, clocks
from models.sla.compliance import JUDGED, PERIODS, Periods, SlaDimension, compliance, percentage, periods
from models.sla.definitions import (
    CalendarDefinition,
    Condition,
    Escalation,
    PolicyDefinition,
    SlaConditionKind,
    SlaEscalationAction,
)
from models.sla.doubts import Doubt, calendar_doubts, policy_doubts
from models.sla.facts import (
    CalendarChanged,
    Created,
    MessageWritten,
    PolicyChanged,
    PriorityChanged,
    Promised,
    StatusChanged,
    TicketFact,
)
from models.sla.promises import NOTHING_PROMISED, Policy, Promise, SlaClockKind, Targets
from models.sla.tally import SlaStretch

__all__ = [
    "ALWAYS_OPEN",
    "JUDGED",
    "NOTHING_PROMISED",
    "PERIODS",
    "Calendar",
    "CalendarChanged",
    "CalendarDefinition",
    "Clock",
    "Condition",
    "Created",
    "Doubt",
    "Escalation",
    "ExtraDay",
    "Interval",
    "MessageWritten",
    "Periods",
    "Policy",
    "PolicyChanged",
    "PolicyDefinition",
    "PriorityChanged",
    "Promise",
    "Promised",
    "SlaClockKind",
    "SlaConditionKind",
    "SlaDimension",
    "SlaEscalationAction",
    "SlaReason",
    "SlaState",
    "SlaStretch",
    "StatusChanged",
    "Targets",
    "TicketFact",
    "calendar_doubts",
    "clocks",
    "compliance",
    "percentage",
    "periods",
    "policy_doubts",
]
