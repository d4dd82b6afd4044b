"""Where PostgreSQL's files lie and who it runs as: it refuses to be root, so root steps down with one right at most."""

import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG, _PR_SET_SECUREBITS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 1, 28, 47, 2
_SECBIT_NO_SETUID_FIXUP = 1 << 2
_CAPABILITY_VERSION_3 = 0x20080522


class CannotStart(Exception):
    """One sentence for the person who wanted a database."""


class Right(IntEnum):
    """The capabilities that open the way through somebody else's 0700 directory; numbers of linux/capability.h."""

    OVERRIDE_PERMISSIONS = 1
    READ_AND_SEARCH = 2


@dataclass(frozen=True)
class Place:
    """`home` holds the cluster and its log and belongs to the user PostgreSQL runs as."""

    package: Path
    home: Path

    def program(self, name: str) -> str:
        return str(self.package / "pginstall" / "bin" / name)


@dataclass(frozen=True)
class Owner:
    uid: int
    gid: int


def settle(folder: Path, package: Path) -> Place:
    """Find the place for a folder's cluster; as root, become its owner for good.

    The rights are tried from none upwards: most places need none, a virtual environment or a folder below /root needs
    to search, one made under umask 077 to override, and a container often grants only the latter. Where root has no
    such right itself, the files move to where an ordinary user can reach them.
    """
    note = folder / "elsewhere"
    place = Place(package, _noted(note) / "server" if note.exists() else folder / "server")
    if os.geteuid() != 0:
        place.home.mkdir(mode=0o700, exist_ok=True)
        return place
    owner = _owner(folder)
    _rehearse_becoming(owner)
    _hand_over(place.home, owner)
    for right in (None, Right.READ_AND_SEARCH, Right.OVERRIDE_PERMISSIONS):
        if _usable(place, owner, right):
            _become(owner, right)
            return place
    place = _moved_out(place, note, owner)
    _become(owner, None)
    return place


def die_with_parent(sign: signal.Signals) -> Callable[[], None]:
    """For a child to call before exec: it gets `sign` when its parent ends, however that ends."""

    def ask() -> None:
        _prctl(_PR_SET_PDEATHSIG, sign)

    return ask


def _owner(folder: Path) -> Owner:
    """The folder's owner, so that root and that person can take turns; for root's own folder, nobody."""
    uid = folder.stat().st_uid
    try:
        account = pwd.getpwuid(uid) if uid else pwd.getpwnam("nobody")
    except KeyError:
        who = f"user {uid}, who owns {folder}," if uid else "user nobody"
        raise CannotStart(
            f"PostgreSQL may not run as root, and {who} is not in /etc/passwd: add that user or start as another one."
        ) from None
    return Owner(account.pw_uid, account.pw_gid)


def _noted(note: Path) -> Path:
    outside = Path(note.read_text())
    if not outside.is_dir():
        raise CannotStart(
            f"This database was kept in {outside}, which is gone: bring it back, or delete {note} to start anew."
        )
    return outside


def _rehearse_becoming(owner: Owner) -> None:
    """In a child, because there is no way back."""
    child = os.fork()
    if not child:
        try:
            _become(owner, None)
        except OSError:
            os._exit(1)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        raise CannotStart(
            f"PostgreSQL may not run as root, and this root may not become user {owner.uid}: start as another user."
        )


def _hand_over(tree: Path, owner: Owner) -> None:
    tree.mkdir(mode=0o700, exist_ok=True)
    if tree.stat().st_uid == owner.uid:
        return
    for directory, _, files in os.walk(tree, topdown=False):
        for name in (*files, "."):
            os.chown(Path(directory, name), owner.uid, owner.gid, follow_symlinks=False)


def _usable(place: Place, owner: Owner, right: Right | None) -> bool:
    def step_down() -> None:
        _become(owner, right)
        os.chdir(place.home)

    program = [place.program("postgres"), "--version"]
    try:
        answer = subprocess.run(program, preexec_fn=step_down, capture_output=True)
    except (OSError, subprocess.SubprocessError):
        return False
    return answer.returncode == 0 and not answer.stderr  # it only warns when it cannot find itself, which initdb needs


def _moved_out(place: Place, note: Path, owner: Owner) -> Place:
    """Copy the programs out, and note where a new cluster will be; a cluster that is cut off is never left behind."""
    if note.exists():
        outside = Path(note.read_text())
    else:
        _give_up(place.home, owner)
        outside = _directory_outside()
        note.write_text(str(outside))
    copy = outside / "programs" / place.package.name
    libraries = f"{place.package.name}.libs"
    shutil.rmtree(copy.parent, ignore_errors=True)
    shutil.copytree(place.package, copy, ignore=shutil.ignore_patterns("include", "doc", "*.a", "*.py"))
    shutil.copytree(place.package.with_name(libraries), copy.with_name(libraries))
    _show(copy.parent)
    moved = Place(copy, outside / "server")
    _hand_over(moved.home, owner)
    if not _usable(moved, owner, None):
        raise CannotStart(
            f"PostgreSQL may not run as root, nor can it run as user {owner.uid} in {outside}: start as another user."
        )
    return moved


def _show(tree: Path) -> None:
    """To everybody: these are the programs of a public package, wherever their original was shut in."""
    for directory, _, files in os.walk(tree):
        for name in (".", *files):
            Path(directory, name).chmod(0o755)


def _give_up(home: Path, owner: Owner) -> None:
    try:
        home.rmdir()
    except OSError:
        raise CannotStart(
            f"User {owner.uid} cannot reach the database in {home}, because a directory above it is closed:"
            " start with the capability CAP_DAC_READ_SEARCH or CAP_DAC_OVERRIDE, as another user, or move the folder."
        ) from None


def _directory_outside() -> Path:
    for parent in ("/var/lib", "/var/tmp"):
        try:
            outside = Path(tempfile.mkdtemp(prefix="helpdesk-postgres-", dir=parent))
        except OSError:
            continue
        outside.chmod(0o755)
        return outside
    raise CannotStart("Neither /var/lib nor /var/tmp can be written: start as another user than root.")


def _become(owner: Owner, right: Right | None) -> None:
    """Turn from root into `owner` for good; the right is ambient, so programs started from here have it too."""
    os.setgroups([])
    os.setresgid(owner.gid, owner.gid, owner.gid)
    if right is not None:
        # Keep capabilities through setuid, and let access(2) count them, which PostgreSQL asks about its own programs.
        _prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP)
    os.setresuid(owner.uid, owner.uid, owner.uid)
    if right is not None:
        _keep_only(right)


def _keep_only(right: Right) -> None:
    bit = 1 << right
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
    if _LIBC.capset(header, effective_permitted_inheritable):
        raise OSError(ctypes.get_errno(), "capset")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, right)


def _prctl(option: int, first: int, second: int = 0) -> None:
    arguments = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    if _LIBC.prctl(option, *arguments):
        raise OSError(ctypes.get_errno(), "prctl")
