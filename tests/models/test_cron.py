"""Cron expressions are read strictly, and say when they come next"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.cron import Cron
from models.settings import Settings, SettingsError

FRIDAY = datetime(2026, 11, 6, 9, 2, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "comes"),
    [
        ("*/5 * * * *", datetime(2026, 11, 6, 9, 5, tzinfo=UTC)),
        ("* * * * *", datetime(2026, 11, 6, 9, 3, tzinfo=UTC)),
        ("2 9 * * *", datetime(2026, 11, 7, 9, 2, tzinfo=UTC)),
        ("0,30 8-17/3 * * mon-fri", datetime(2026, 11, 6, 11, 0, tzinfo=UTC)),
        ("5/20 * * * *", datetime(2026, 11, 6, 9, 5, tzinfo=UTC)),
        ("0 0 * * 7", datetime(2026, 11, 8, tzinfo=UTC)),
        ("0 0 * * SUN", datetime(2026, 11, 8, tzinfo=UTC)),
        ("0 0 1 jan *", datetime(2027, 1, 1, tzinfo=UTC)),
        ("0 0 13 * fri", datetime(2026, 11, 13, tzinfo=UTC)),
        ("0 0 10 * fri", datetime(2026, 11, 10, tzinfo=UTC)),
        ("0 0 29 2 *", datetime(2028, 2, 29, tzinfo=UTC)),
    ],
)
def test_when_it_comes_next(text: str, comes: datetime) -> None:
    assert Cron.parse(text).after(FRIDAY) == comes


def test_a_minute_that_has_begun_is_over() -> None:
    assert Cron.parse("2 9 * * *").after(FRIDAY.replace(second=0)) == datetime(2026, 11, 7, 9, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("every five minutes", "it has five fields: minute, hour, day of the month, month, day of the week"),
        ("*/5 * * * * *", "it has five fields: minute, hour, day of the month, month, day of the week"),
        ("60 * * * *", "'60' is not within 0 to 59"),
        ("*/0 * * * *", "'*/0' is not within 0 to 59"),
        ("30-10 * * * *", "'30-10' is not within 0 to 59"),
        ("* * 0 * *", "'0' is not within 1 to 31"),
        ("* * * foo *", "'foo' can't be read"),
        ("x * * * *", "'x' can't be read"),
        ("1,,2 * * * *", "'' can't be read"),
        ("0 0 30 2 *", "there is no such day"),
    ],
)
def test_nonsense_stops_the_start_with_a_sentence(text: str, why: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment({"HELPDESK_SLA_CHECK_CRON": text})

    expected = f"HELPDESK_SLA_CHECK_CRON is {text!r}; it takes a cron expression such as */5 * * * *: {why}."
    assert str(refusal.value) == expected
