"""The scenarios that the rule was agreed on, to the millisecond."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sla_adapter import sla_clocks

SCENARIOS = json.loads(Path("tests/sla_vectors.json").read_text())["scenarios"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
def test_vector(scenario: dict[str, Any]) -> None:
    for check in scenario["checks"]:
        found = sla_clocks(scenario["calendar"], scenario["policy"], scenario["facts"], check["now"])
        assert found == check["expect"]


def test_there_are_all_of_them() -> None:
    assert len(SCENARIOS) == 105
