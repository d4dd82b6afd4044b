"""docs/sla.md's example prints what the page says"""

from __future__ import annotations

import pytest

from tests.docs.blocks import ROOT, blocks


def test_the_example_prints_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    code, printed = (block.text for block in blocks(ROOT / "docs" / "sla.md") if block.language in {"python", "text"})
    exec(code, {})
    assert capsys.readouterr().out == printed
