"""The `helpdesk` command as people run it, on the tests' database."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from helpdesk.cli import app


def helpdesk(database_url: str, *words: str) -> Result:
    """What the command leaves behind; a refusal is the result's exception."""
    return CliRunner().invoke(app, words, env={"DATABASE_URL": database_url})


def answered(database_url: str, *words: str) -> Any:
    """What a successful command prints for programs."""
    result = helpdesk(database_url, *words, "--json")
    assert result.exit_code == 0, (result.output, result.exception)
    return json.loads(result.stdout)
