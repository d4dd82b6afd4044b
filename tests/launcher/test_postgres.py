"""Whoever asks for the embedded PostgreSQL gets it, in whatever state the last ones left it, and nobody else's."""

import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from helpdesk.postgres import EmbeddedPostgresError, embedded_postgres
from tests.launcher.people import User, ask, ask_until_answered, keeper_of, keepers_starting, server_of

Use = Callable[..., User]


async def test_database_and_role_have_the_rights_an_application_needs(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        who = await ask(address, "SELECT current_database() || ' ' || current_user")
        rights = await ask(address, "SELECT (rolsuper, rolcreatedb) FROM pg_roles WHERE rolname = current_user")
        await ask(address, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
        trigrams = await ask(address, "SELECT array_length(show_trgm('ÖÄÜ'), 1)")

    assert who == "helpdesk helpdesk"
    assert rights == (False, True)
    assert trigrams == 4


async def test_only_the_password_lets_in_and_only_as_helpdesk(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        port = urlsplit(address).port
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(f"postgresql://helpdesk:wrong@127.0.0.1:{port}/helpdesk", "SELECT 1")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(f"postgresql://postgres:wrong@127.0.0.1:{port}/helpdesk", "SELECT 1")

    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "server").stat().st_mode) == 0o700


@pytest.mark.parametrize(("durable", "expected"), [(True, "on on on"), (False, "off off off")])
async def test_only_durable_servers_wait_for_the_disk(folder: Path, durable: bool, expected: str) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes")
    with embedded_postgres(folder, durable=durable) as address:
        values = [str(await ask(address, f"SHOW {name}")) for name in names]

    assert " ".join(values) == expected


async def test_data_and_port_outlast_the_server(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        await ask(address, "CREATE TABLE outlasts AS SELECT 7 AS value")
    with embedded_postgres(folder, durable=False) as later:
        assert later == address
        assert await ask(later, "SELECT value FROM outlasts") == 7


async def test_a_copied_folder_does_not_touch_the_first(folder: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(folder, tmp_path / "copy"))
    with embedded_postgres(folder, durable=False) as one, embedded_postgres(copied, durable=False) as two:
        await ask(one, "CREATE TABLE only_here ()")

        assert one != two
        assert await ask(two, "SELECT to_regclass('only_here')") is None


def test_a_stranger_on_the_remembered_port_is_left_alone(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        (folder / "server.json").write_text(json.dumps({"port": port, "data": str(folder)}))
        with embedded_postgres(folder, durable=False) as address:
            assert urlsplit(address).port != port


def test_another_server_with_our_password_is_not_taken_for_ours(folder: Path, tmp_path: Path) -> None:
    ours = tmp_path / "ours"
    ours.mkdir()
    shutil.copy(folder / "password", ours)
    with embedded_postgres(folder, durable=False) as theirs, (ours / "server.json").open("w") as record:
        port = urlsplit(theirs).port
        json.dump({"port": port, "data": "/ours"}, record)
        record.flush()
        fcntl.flock(record, fcntl.LOCK_EX)

        refusal = refusal_of(ours)

    assert refusal == f"On port {port} is the server of {folder / 'server' / 'data'} instead of /ours's."


async def test_the_last_user_to_leave_stops_the_server(folder: Path, use: Use) -> None:
    first, second = use(folder), use(folder)
    address = first.address()
    assert second.address() == address
    server = server_of(folder)

    first.leave()
    assert await ask(address, "SELECT 1") == 1
    second.leave()

    assert server.ends(within=0)


async def test_a_killed_user_takes_the_server_from_nobody_and_leaves_none_behind(folder: Path, use: Use) -> None:
    starter = use(folder)
    address = starter.address()
    other = use(folder)
    other.address()
    server = server_of(folder)
    keeper = keeper_of(server)

    starter.signal(signal.SIGKILL)
    assert await ask(address, "SELECT 1") == 1
    other.signal(signal.SIGKILL)

    assert keeper.ends()
    assert server.ends(within=0)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_terminals_group_stops_the_server_in_order(
    folder: Path, use: Use, sign: signal.Signals
) -> None:
    user = use(folder)
    user.address()
    server = server_of(folder)
    keeper = keeper_of(server)

    user.signal(sign)

    assert keeper.ends()
    assert server.ends(within=0)
    assert "database system is shut down" in (folder / "server" / "postgres.log").read_text().splitlines()[-1]


async def test_a_crashed_connection_costs_no_user_the_server(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        server = server_of(folder)
        victim = await asyncpg.connect(address)
        os.kill(await victim.fetchval("SELECT pg_backend_pid()"), signal.SIGKILL)
        with pytest.raises((asyncpg.PostgresError, ConnectionError)):
            await victim.execute("SELECT 1")

        with embedded_postgres(folder) as again:  # waits until the server has recovered
            assert await ask(again, "SELECT 1") == 1
        assert not server.ends(within=0)
    assert server.ends(within=0)


async def test_a_server_that_breaks_down_comes_back_to_those_who_use_it(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        server = server_of(folder)
        keeper = keeper_of(server)
        server.kill()

        assert await ask_until_answered(address, "SELECT 1") == 1
        assert keeper_of(server_of(folder)).pid == keeper.pid
        again = server_of(folder)
    assert again.ends(within=0)


def test_a_server_that_somebody_else_has_stopped_stays_away(folder: Path, use: Use) -> None:
    use(folder).address()
    server = server_of(folder)
    keeper = keeper_of(server)

    os.kill(server.pid, signal.SIGQUIT)

    assert keeper.ends()
    assert server.ends(within=0)


@pytest.mark.parametrize("killed", ["keeper", "server", "user keeper server", "server keeper user"])
async def test_what_kill_9_left_is_in_nobodys_way(folder: Path, use: Use, killed: str) -> None:
    user = use(folder, durable=True)
    table = f"kept_{'_'.join(killed.split())}"
    await ask(user.address(), f"CREATE TABLE {table} AS SELECT 7 AS value")
    server = server_of(folder)
    victims = {"user": user.process, "keeper": keeper_of(server), "server": server}

    for name in killed.split():
        victims[name].kill()

    with embedded_postgres(folder, durable=False) as later:
        assert await ask(later, f"SELECT value FROM {table}") == 7
        assert server.ends(within=0)


async def test_a_server_that_is_slow_to_stop_is_waited_for(folder: Path, use: Use) -> None:
    user = use(folder)
    busy = await asyncpg.connect(user.address())
    pid = await busy.fetchval("SELECT pg_backend_pid()")
    os.kill(pid, signal.SIGSTOP)
    server = server_of(folder)
    keeper_of(server).kill()

    newcomer = use(folder)
    assert not server.ends(within=0)
    os.kill(pid, signal.SIGCONT)

    assert await ask(newcomer.address(), "SELECT 1") == 1
    assert server.ends(within=0)
    busy.terminate()


def test_a_pid_file_that_names_a_stranger_is_stale(folder: Path) -> None:
    data = folder / "server" / "data"
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=data.stat().st_uid) as stranger:
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n1\n5432\n\n127.0.0.1\n")
        (data / "postmaster.pid").chmod(0o644)
        with embedded_postgres(folder, durable=False) as address:
            assert address.startswith("postgresql://helpdesk:")
        assert stranger.poll() is None


def wait_until_half_made(folder: Path, user: User) -> None:
    while not list(folder.glob("server/new-*/global")):
        assert not user.process.ends(within=0.01)


async def test_many_at_once_make_one_cluster_though_one_is_killed_meanwhile(tmp_path: Path, use: Use) -> None:
    folder = tmp_path / "new"
    killed, one, two = use(folder), use(folder), use(folder)
    wait_until_half_made(folder, killed)

    killed.process.kill()

    address = one.address()
    assert two.address() == address
    assert await ask(address, "SHOW data_directory") == str(folder / "server" / "data")


async def test_a_cluster_half_made_is_in_nobodys_way(tmp_path: Path, use: Use) -> None:
    folder = tmp_path / "new"
    user = use(folder)
    wait_until_half_made(folder, user)
    (keeper,) = keepers_starting(folder)

    user.process.kill()
    keeper.kill()

    with embedded_postgres(folder, durable=False) as address:
        assert await ask(address, "SELECT current_user") == "helpdesk"


async def test_the_log_stays_short(folder: Path) -> None:
    with embedded_postgres(folder, durable=False) as address:
        for _ in range(10):
            with pytest.raises(asyncpg.DivisionByZeroError):
                await ask(address, f"SELECT 1 / 0 -- {'x' * 1_000_000}")

    logs = [log.stat().st_size for log in (folder / "server").glob("postgres.log*")]
    assert len(logs) == 2
    assert sum(logs) < 10_000_000


def refusal_of(folder: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as refusal, embedded_postgres(folder):
        pass
    return str(refusal.value)


def test_another_major_version_is_refused(tmp_path: Path) -> None:
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")

    assert refusal_of(tmp_path) == (
        f"{data} was made by PostgreSQL 17 and this is PostgreSQL 18:"
        " set HELPDESK_DATA to another folder, or move the contents with PostgreSQL 17's pg_dump."
    )


def test_a_server_that_does_not_start_is_quoted(folder: Path, tmp_path: Path) -> None:
    data = tmp_path / "server" / "data"
    data.mkdir(parents=True)
    shutil.copy(folder / "server" / "data" / "PG_VERSION", data)

    start, *quoted = refusal_of(tmp_path).splitlines()

    assert start == "PostgreSQL did not start. Its log ends with:"
    assert f'could not access the server configuration file "{data}/postgresql.conf"' in quoted[0]


def test_a_lost_password_is_asked_for(folder: Path) -> None:
    kept = (folder / "password").rename(folder / "kept")

    refusal = refusal_of(folder)

    kept.replace(folder / "password")
    data = folder / "server" / "data"
    assert refusal == f"{folder}/password does not open the database in {data}: bring the file back as it was."


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.touch()

    assert refusal_of(folder) == (
        f"The database folder {folder} cannot be used ([Errno 17] File exists: '{folder}'):"
        " make it writable, make room, or set HELPDESK_DATA to another folder."
    )


def test_missing_programs_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [])

    assert refusal_of(tmp_path) == (
        "PostgreSQL's programs are missing: install the package embedded-postgres, or set DATABASE_URL to a server."
    )


@pytest.mark.parametrize(("content", "why"), [(None, "No such file or directory"), ("\0", "Exec format error")])
def test_programs_that_do_not_run_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | None, why: str
) -> None:
    package = tmp_path / "embedded_postgres"
    program = package / "pginstall" / "bin" / "postgres"
    program.parent.mkdir(parents=True)
    (package / "__init__.py").touch()
    if content:
        program.write_text(content)
        program.chmod(0o755)
    monkeypatch.syspath_prepend(tmp_path)

    assert refusal_of(tmp_path / "new") == (
        f"PostgreSQL's program {program} does not run ({why}): reinstall the package embedded-postgres."
    )
