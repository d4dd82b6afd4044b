"""docs/limits.md names every limit that can be set, with its number"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

from models.settings import Limits, Settings

PAGE = Path(__file__).parents[2] / "docs" / "limits.md"
ROW = re.compile(r"^\| [^|]+ \| ([\d,]+)[^|]*\| `(HELPDESK_\w+)` \|", re.MULTILINE)


def test_each_number_is_the_default_of_its_variable() -> None:
    told = {variable: number.replace(",", "") for number, variable in ROW.findall(PAGE.read_text())}

    # One at a time, so that none can stand for another.
    for variable, number in told.items():
        assert Settings.from_environment({variable: number}).limits == Limits(), variable
        lower = Settings.from_environment({variable: str(int(number) - 1)}).limits
        assert len(asdict(lower).items() - asdict(Limits()).items()) == 1, variable
    assert len(told) == len(asdict(Limits()))
