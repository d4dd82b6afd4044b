"""How long a reaction rests before it is tried again"""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.leases import Terms, retry_delay

attempts = st.integers(min_value=1, max_value=10_000)
chances = st.floats(min_value=0, max_value=1)


@given(attempts, chances)
def test_a_rest_lies_between_half_and_all_of_what_the_attempt_earned(attempt: int, chance: float) -> None:
    terms = Terms()
    whole = retry_delay(terms, attempt, 0)

    assert terms.first_delay <= whole <= terms.longest_delay
    assert whole / 2 <= retry_delay(terms, attempt, chance) <= whole


@given(attempts, chances)
def test_a_rest_is_never_shorter_after_one_more_failure(attempt: int, chance: float) -> None:
    terms = Terms()

    assert retry_delay(terms, attempt, chance) <= retry_delay(terms, attempt + 1, chance)


@given(attempts, chances, chances)
def test_more_chance_never_means_more_rest(attempt: int, one: float, other: float) -> None:
    terms = Terms()

    assert retry_delay(terms, attempt, max(one, other)) <= retry_delay(terms, attempt, min(one, other))


def test_the_whole_series_takes_hours_not_minutes() -> None:
    terms = Terms()
    rests = [retry_delay(terms, attempt, 0) for attempt in range(1, terms.attempts)]

    assert [rest.total_seconds() for rest in rests] == [*(2**power for power in range(1, 12)), 3600]
