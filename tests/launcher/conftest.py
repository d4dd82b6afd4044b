"""A cluster made once for these tests, and processes that use it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from helpdesk.postgres import embedded_postgres
from tests.launcher.people import User


@pytest.fixture(scope="session")
def made_once() -> Iterator[Path]:
    """Where everybody may go, unlike pytest's own folders; with a space and letters beyond ASCII in its path."""
    with tempfile.TemporaryDirectory(prefix="helpdesk Größe ") as parent:
        Path(parent).chmod(0o755)
        folder = Path(parent) / "Ort & Zeit"
        with embedded_postgres(folder, durable=False):
            pass
        yield folder


@pytest.fixture
def folder(made_once: Path) -> Path:
    """A folder whose server is stopped; whatever a test does to it, the next user must get in."""
    # A server whose user was killed stops by itself a moment later; whoever enters and leaves in order waits for that.
    with embedded_postgres(made_once, durable=False):
        pass
    assert not (made_once / "server" / "data" / "postmaster.pid").exists()
    return made_once


@pytest.fixture
def use() -> Iterator[Callable[..., User]]:
    """Start a process that uses a folder; the test's end is its end."""
    users: list[User] = []

    def start(folder: Path, become: Callable[[], None] | None = None, durable: bool = False) -> User:
        users.append(User(folder, become, durable))
        return users[-1]

    yield start
    for user in users:
        user.leave()
