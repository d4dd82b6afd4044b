"""The budget: a bucket for each caller that fills steadily"""

from __future__ import annotations

import json

import pytest

from graphql_api.limits.budget import Budget
from graphql_api.requests import OperationRefused


class Clock:
    """Goes when it is told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def wait_for(budget: Budget, caller: str, cost: int) -> int:
    """The seconds that a refusal names."""
    with pytest.raises(OperationRefused) as refusal:
        budget.spend(caller, cost)
    assert refusal.value.status == 429
    seconds: int = json.loads(refusal.value.errors)[0]["extensions"]["retryAfterSeconds"]
    assert refusal.value.headers == {"Retry-After": str(seconds)}
    return seconds


def test_it_is_spent_and_comes_back() -> None:
    clock = Clock()
    budget = Budget(600, clock)

    assert budget.spend("a", 400) == 200
    assert budget.spend("a", 200) == 0
    assert wait_for(budget, "a", 100) == 10
    assert budget.spend("b", 600) == 0

    clock.now = 9.9
    assert wait_for(budget, "a", 100) == 1
    clock.now = 10
    assert budget.spend("a", 100) == 0
    # Never more than a minute's worth, however long one waits.
    clock.now = 10_000
    assert budget.spend("a", 1) == 599


def test_a_refusal_takes_nothing() -> None:
    clock = Clock()
    budget = Budget(60, clock)
    budget.spend("a", 50)

    assert [wait_for(budget, "a", 20) for _ in range(5)] == [10] * 5
    assert budget.spend("a", 10) == 0


def test_what_costs_more_than_a_minute_has_to_wait_for_a_whole_one() -> None:
    clock = Clock()
    budget = Budget(60, clock)

    assert budget.spend("a", 500) == 0
    assert wait_for(budget, "a", 500) == 60
