"""Runs `helpdesk` commands one after the other, each a fork of a process that has imported everything.

A request is a line of JSON on standard input, with `arguments` and `environment`; the answers are lines: the command's
pid, and its status once it has ended.
"""

from __future__ import annotations

import json
import os
import signal
import sys

from benchmarks.faults import points
from helpdesk import cli
from helpdesk.postgres_rights import die_with_parent


def main() -> None:
    """Until standard input ends."""
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if not child:
            _become(asked["arguments"], asked["environment"])
            return
        print(child, flush=True)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _become(arguments: list[str], environment: dict[str, str]) -> None:
    die_with_parent(signal.SIGKILL)()
    silence = os.open(os.devnull, os.O_RDWR)
    os.dup2(silence, 0)
    os.dup2(silence, 1)
    os.environ.update(environment)
    points.arm(os.environ)
    sys.argv = ["helpdesk", *arguments]
    status = 1
    try:
        cli.main()
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stderr.flush()
        # Without what libraries do at the very end: onnxruntime waits there for threads that no fork has.
        os._exit(status)


if __name__ == "__main__":
    main()
