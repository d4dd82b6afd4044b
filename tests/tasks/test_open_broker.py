"""What carries reactions is named by HELPDESK_TASKS_URL, or there is no start."""

from __future__ import annotations

import pytest

from models.database import Database
from models.settings import SettingsError
from tasks.leases import Terms
from tasks.running import Runner
from tasks.worker import open_broker
from tests.tasks.parts import context_of


async def test_an_unknown_broker_stops_the_start(database: Database) -> None:
    with pytest.raises(SettingsError, match="HELPDESK_TASKS_URL is 'amqp://x'"):
        open_broker("amqp://x", Runner(context_of(database), Terms()), {}, 1)
