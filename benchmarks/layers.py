"""What the server's time goes to: a sampler that runs inside `helpdesk serve`, and the layer that a sample belongs to.

    python -m benchmarks.layers FILE

serves as `helpdesk serve` does and looks every few milliseconds of CPU time at what is being run. SIGRTMIN forgets all
samples, SIGUSR2 writes them to the file. C code is told apart only by the Python that called it; what nobody called,
the event loop and PostgreSQL's protocol when an answer arrives, is a layer of its own.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType

import orjson

from helpdesk.__main__ import main as helpdesk

SECONDS_BETWEEN_SAMPLES = 0.001
"""The kernel looks at its own ticks only, so it may be several times as long."""

LOOP = "event loop, sockets, PostgreSQL's protocol (C)"
# The first that any file of the stack belongs to: a statement of the authentication's is authentication.
LAYERS: Sequence[tuple[str, Sequence[str]]] = (
    ("authentication", ("graphql_api/auth.py", "graphql_api/transport/credentials.py", "resolvers/last_uses.py")),
    (
        "statements: sending them, getting rows",
        ("asyncpg/", "models/database.py", "models/pool.py", "models/late_transaction.py", "graphql_api/recalled.py"),
    ),
    ("operation", ("resolvers/", "models/writer.py", "models/rows.py", "models/events.py", "models/fact.py")),
    ("plan: values to bind, rows to answer", ("graphql_api/plans/", "<plan>", "<string>")),
    (
        "document: variables, cost, budget, limits",
        (
            "graphql_api/documents.py",
            "graphql_api/limits/cost.py",
            "graphql_api/limits/budget.py",
            "graphql/execution/values.py",
        ),
    ),
    (
        "ordinary executor",
        ("graphql/", "strawberry/", "graphql_api/mutations/", "graphql_api/types/", "graphql_api/verbs.py"),
    ),
    (
        "execution: context, JSON to bytes",
        ("graphql_api/execution.py", "graphql_api/operation.py", "graphql_api/context.py"),
    ),
    ("HTTP", ("uvicorn/", "starlette/", "graphql_api/")),
)


def layer(files: Sequence[str]) -> str:
    """The layer of a stack, given as its files."""
    for name, parts in LAYERS:
        if any(f"/{part}" in f"/{file}" for file in files for part in parts):
            return name
    return LOOP


def files_of(frame: FrameType | None) -> Iterator[str]:
    """The files of a stack, the innermost first."""
    while frame is not None:
        yield frame.f_code.co_filename
        frame = frame.f_back


def serve(file: Path) -> None:
    """`helpdesk serve`, looked at."""
    samples: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        samples[layer([*files_of(frame)])] += 1

    def forget(_number: int, _frame: FrameType | None) -> None:
        samples.clear()

    def write(_number: int, _frame: FrameType | None) -> None:
        draft = file.with_suffix(".draft")
        draft.write_bytes(orjson.dumps(samples))
        draft.replace(file)

    signal.signal(signal.SIGPROF, look)
    signal.signal(signal.SIGRTMIN, forget)
    signal.signal(signal.SIGUSR2, write)
    signal.setitimer(signal.ITIMER_PROF, SECONDS_BETWEEN_SAMPLES, SECONDS_BETWEEN_SAMPLES)
    sys.argv = ["helpdesk", "serve"]
    helpdesk()


def forget_samples(pid: int) -> None:
    """Have the server that is looked at begin anew."""
    os.kill(pid, signal.SIGRTMIN)


def samples_of(pid: int, file: Path) -> dict[str, int]:
    """The samples of the server that is looked at, by layer."""
    file.unlink(missing_ok=True)
    os.kill(pid, signal.SIGUSR2)
    while not file.exists():
        time.sleep(0.05)
    samples: dict[str, int] = orjson.loads(file.read_bytes())
    return samples


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
