"""The figures as a table, and the goals beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.table import Table

from benchmarks.measuring import Cost
from benchmarks.questions import QUESTIONS, Question

PRODUCT, FLOOR, POSTGRAPHILE = "helpdesk", "floor", "postgraphile"

CONDITIONS = """\
On for helpdesk and off for the others: authentication by token, limits of documents and requests, cost and its budget,
visibility by role and organization, hints to subscribers after a write. The same for all: one process, loopback,
connections that stay open, the same rows in the answers, the same rows written."""

Costs = Mapping[str, Mapping[str, Cost]]


def table(found: Costs) -> Table:
    """CPU per request of every server and question."""
    shown = Table("", "", "server \\[PostgreSQL] ms", "sum", "x floor (sum)", "x PostGraphile (sum)")
    for question in QUESTIONS:
        costs = found[question.name]
        for name, cost in costs.items():
            head = question.name if name == PRODUCT else ""
            figures = f"{cost.server:.3f} \\[{cost.postgres:.3f}]", f"{cost.both:.3f}"
            shown.add_row(head, name, *figures, *(ratios(cost, costs, other) for other in (FLOOR, POSTGRAPHILE)))
        shown.add_section()
    return shown


def ratios(cost: Cost, costs: Mapping[str, Cost], name: str) -> str:
    """By what a cost is another server's, in the server's share and in the sum; nothing where that one is missing."""
    other = costs.get(name)
    return "" if other is None else f"{cost.server / other.server:.2f} ({cost.both / other.both:.2f})"


def profile_table(question: Question, cost: Cost, samples: Mapping[str, int]) -> Table:
    """A question's time by layer, the most first."""
    shown = Table(f"{question.name} {question.title}", "share", f"of {cost.server:.3f} ms")
    for name, count in sorted(samples.items(), key=lambda item: -item[1]):
        share = count / sum(samples.values())
        shown.add_row(name, f"{share:.0%}", f"{share * cost.server:.3f}")
    return shown


def goals(found: Costs) -> Iterator[str]:
    """Each goal with what was reached, for the peers that were measured.

    Goals are of the sum with PostgreSQL's share, for composing JSON in SQL moves cost there, but one.
    """
    for question, name, share, limit in (
        ("Q1", POSTGRAPHILE, "both", 0.6),
        ("Q1", FLOOR, "both", 2.0),
        ("Q2", POSTGRAPHILE, "server", 0.4),
        ("Q2", FLOOR, "both", 1.0),
        ("M1", FLOOR, "both", 2.0),
    ):
        costs = found[question]
        if name in costs:
            reached = {each: getattr(costs[PRODUCT], each) / getattr(costs[name], each) for each in ("server", "both")}
            other = "server" if share == "both" else "both"
            verdict = "reached" if reached[share] <= limit else "missed"
            yield (
                f"{question}: {_WHAT[share]} {reached[share]:.2f} x {name}'s; the goal is {limit:g}: {verdict}."
                f" ({_WHAT[other]}: {reached[other]:.2f})"
            )


_WHAT = {"server": "server", "both": "server + PostgreSQL"}
