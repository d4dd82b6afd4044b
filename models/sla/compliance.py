"""How often a promise was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from models.sla.clocks import SlaState

JUDGED = frozenset({SlaState.MET, SlaState.MET_LATE, SlaState.BREACHED})


def compliance(states: Iterable[SlaState]) -> float | None:
    """The percentage of clocks met in time among those that are judged, to two decimals; None where none is."""
    counts = Counter(states)
    return percentage(counts[SlaState.MET], sum(counts[state] for state in JUDGED))


def percentage(met: int, judged: int) -> float | None:
    """`met` of `judged` to two decimals, half up; None of none, never 0 or 100 by accident."""
    return (20_000 * met + judged) // (2 * judged) / 100 if judged else None
