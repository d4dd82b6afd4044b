"""`helpdesk up` as a person runs it: demo data, a second start, signals, a kill, and the journey on what it serves."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.journey import Trip, journey

QUESTIONS = [
    "The ring of the hub is blinking red since the power cut, what does it mean?",
    "How long is the warranty and what do I need to send in?",
    "Where do I find an invoice with the VAT number of my company?",
]
PATIENCE = 60.0


@dataclass
class Running:
    """A server that has said that it is ready."""

    process: subprocess.Popen[bytes]
    folder: Path
    described: dict[str, Any]

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.described["url"])

    def token(self, organization: str, role: str) -> str:
        """A demo account's token."""
        (token,) = (
            account["token"]
            for account in self.described["accounts"]
            if account["organization"] == organization and account["role"] == role
        )
        return str(token)

    def ask(self, query: str, organization: str = "Kilowick", role: str = "AGENT") -> Any:
        """The data of a query."""
        headers = {"Authorization": f"Bearer {self.token(organization, role)}"}
        answer = httpx.post(self.url + "/graphql", json={"query": query}, headers=headers, timeout=PATIENCE)
        return answer.json()["data"]


@contextmanager
def up(folder: Path, port: int = 8000) -> Iterator[Running]:
    """`helpdesk up` in a process group of its own, ended by SIGTERM if it still runs."""
    environment = {**os.environ, "HELPDESK_DATA": str(folder), "HELPDESK_PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    process = subprocess.Popen([sys.executable, "-m", "helpdesk", "up"], env=environment)
    try:
        yield Running(process, folder, _ready(process, folder / "demo.json"))
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE)


def _ready(process: subprocess.Popen[bytes], path: Path) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        if path.exists():
            described: dict[str, Any] = json.loads(path.read_bytes())
            return described
        time.sleep(0.05)
    raise TimeoutError("the server did not get ready")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a space and an umlaut in its path."""
    return tmp_path_factory.mktemp("Dürer data") / "data of mine"


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Running]:
    """The first start."""
    with up(folder) as server:
        yield server


def test_everybody_has_an_account(running: Running) -> None:
    accounts = running.described["accounts"]

    assert {(account["organization"], account["role"]) for account in accounts} == {
        (organization, role)
        for organization in ("Kilowick", "Claypenny Studio")
        for role in ("ADMIN", "AGENT", "ANALYST", "CUSTOMER")
    }
    assert set(accounts[0]) == {"organization", "role", "email", "token"}
    assert stat.S_IMODE((running.folder / "demo.json").stat().st_mode) == 0o600
    assert httpx.get(running.described["console"], headers={"Accept": "text/html"}, timeout=PATIENCE).status_code == 200


def test_the_demo_has_tickets_with_threads(running: Running) -> None:
    totals = [
        running.ask("{ tickets { totalCount } }", name)["tickets"]["totalCount"]
        for name in ("Kilowick", "Claypenny Studio")
    ]
    assert sum(totals) >= 200
    busiest = running.ask("{ tickets(first: 100) { nodes { messageCount } } }")["tickets"]["nodes"]
    assert max(node["messageCount"] for node in busiest) >= 5


async def test_a_customer_gets_a_cited_answer_live(running: Running) -> None:
    done: list[Trip] = []

    trips = await journey(
        running.url, running.token("Kilowick", "AGENT"), running.token("Kilowick", "CUSTOMER"), QUESTIONS, done.append
    )

    assert [trip.question for trip in trips] == QUESTIONS
    assert all(trip.source and 0 < trip.confidence < 1 for trip in trips)
    assert done == trips


def test_a_second_server_is_killed_comes_back_and_stops_in_order(running: Running, tmp_path: Path) -> None:
    """One story, because each start costs seconds: two servers side by side, a kill, a restart, a SIGTERM."""
    taken = int(running.url.rpartition(":")[2])
    with up(tmp_path, taken) as first:
        assert int(first.url.rpartition(":")[2]) > taken
        strangers = {"Authorization": f"Bearer {running.token('Kilowick', 'AGENT')}"}
        answer = httpx.post(
            first.url + "/graphql", json={"query": "{ viewer { role } }"}, headers=strangers, timeout=PATIENCE
        )
        assert answer.status_code == 401
        before = first.ask("{ tickets { totalCount } }")["tickets"]["totalCount"]
        kept = _create_ticket(first)
        first.process.send_signal(signal.SIGKILL)
        first.process.wait(PATIENCE)
    (tmp_path / "demo.json").unlink()

    with up(tmp_path, taken) as second:
        assert second.ask(f'{{ ticket(id: "{kept}") {{ subject }} }}') == {"ticket": {"subject": "Kept"}}
        assert second.ask("{ tickets { totalCount } }")["tickets"]["totalCount"] == before + 1
        assert second.described["accounts"] == first.described["accounts"]
        assert _processes_on(tmp_path)
        second.process.terminate()
        assert second.process.wait(PATIENCE) == 0
    assert _processes_on(tmp_path) == []
    assert not (tmp_path / "demo.json").exists()


def test_an_erased_person_is_in_no_file_of_the_data_folder(running: Running) -> None:
    canary = "canary" + os.urandom(8).hex()
    opened = running.ask(
        f'mutation {{ createTicket(input: {{subject: "{canary}", body: "{canary}", onBehalfOf:'
        f' {{email: "{canary}@example.test", name: "{canary}"}}}}) {{ ... on Ticket {{ id requester {{ id }} }} }} }}'
    )["createTicket"]

    erase = f'mutation {{ erasePerson(userId: "{opened["requester"]["id"]}") {{ ... on Erasure {{ messages }} }} }}'
    assert running.ask(erase, role="ADMIN") == {"erasePerson": {"messages": 1}}

    postgres = running.folder / "postgres"
    files = [path for path in running.folder.rglob("*") if path.is_file() and not path.is_relative_to(postgres)]
    assert {path.name for path in files} >= {"demo.json", "secret"}
    assert [path for path in files if canary.encode() in path.read_bytes()] == []


def _create_ticket(server: Running) -> str:
    answer = httpx.post(
        server.url + "/graphql",
        json={"query": 'mutation { createTicket(input: {subject: "Kept", body: "b"}) { ... on Ticket { id } } }'},
        headers={"Authorization": f"Bearer {server.token('Kilowick', 'CUSTOMER')}"},
        timeout=PATIENCE,
    )
    return str(answer.json()["data"]["createTicket"]["id"])


def _processes_on(folder: Path) -> list[str]:
    """The processes whose command line or environment names the folder: server, PostgreSQL and what keeps it."""
    own = str(os.getpid())
    entries = (entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and entry.name != own)
    return [entry.name for entry in entries if str(folder).encode() in _words_of(entry)]


def _words_of(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
    except (OSError, ProcessLookupError):
        return b""
