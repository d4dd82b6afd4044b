"""Scalars of our own: how instants are written"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from graphql_api.types.scalars import read_instant, write_instant

OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC) | OFFSETS)


@given(INSTANTS)
def test_instants_are_written_in_utc_to_the_millisecond(instant: datetime) -> None:
    written = write_instant(instant)

    assert written == instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert read_instant(written) == instant - timedelta(microseconds=instant.microsecond % 1000)
