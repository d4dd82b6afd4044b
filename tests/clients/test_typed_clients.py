"""Typed clients made from schema.graphql: what they promise holds, and they notice what the schema loses"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import yaml
from graphql import GraphQLObjectType, build_schema, print_schema

from models.actors import Role
from tests.docs.blocks import ROOT, Block, blocks
from tests.programs import FOLDER, PACKAGES, Failed, node, output
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

OPERATIONS = sorted(Path(__file__).parent.glob("*.graphql"))
TOOLS = ROOT / ".cache" / "typed_clients"
# Not of the venv: it has another graphql-core.
PYTHON = Path(sys.base_prefix, "bin", "python3.11")
SCHEMA = (ROOT / "schema.graphql").read_text()
GUIDE = ROOT / "docs" / "clients.md"
# ariadne-codegen copies its base client; that file is not made of our schema.
MYPY = "[mypy]\nstrict = True\n[mypy-helpdesk_client.async_base_client]\nignore_errors = True\n"
TSC = "--noEmit --strict --skipLibCheck --module nodenext --target es2022 --allowImportingTsExtensions"


def sample(language: str, containing: str) -> Block:
    """The one block of the guide that says so."""
    (found,) = [block for block in blocks(GUIDE) if block.language == language and containing in block.text]
    return found


def environment(**more: str) -> dict[str, str]:
    """What a program of the tools sees."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(TOOLS), **more}


async def make_python(folder: Path, schema: str = SCHEMA) -> None:
    """A Python client, made in the folder by the settings that the guide shows."""
    assert TOOLS.is_dir(), "Run `make test`: it installs the tools for typed clients."
    (folder / "schema.graphql").write_text(schema)
    (folder / "operations").mkdir()
    for operation in OPERATIONS:
        shutil.copy(operation, folder / "operations")
    (folder / "pyproject.toml").write_text(sample("toml", "ariadne-codegen").text)
    await output(PYTHON, "-m", "ariadne_codegen", folder=folder, environment=environment())
    (folder / "use.py").write_text(sample("python", "helpdesk_client").text)


async def test_a_python_client_is_typed_and_works(a_helpdesk: Make, server_url: str, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    await make_python(tmp_path)

    (tmp_path / "mypy.ini").write_text(MYPY)
    cache = ("--cache-dir", ROOT / ".mypy_cache" / "typed_clients")
    checked = await output(PYTHON, "-m", "mypy", *cache, "use.py", folder=tmp_path, environment=environment())
    assert checked.startswith("Success"), checked

    where = {"HELPDESK_URL": f"{server_url}/graphql", "HELPDESK_TOKEN": helpdesk.world.token(Role.CUSTOMER)}
    said = await output(PYTHON, "use.py", folder=tmp_path, environment=environment(**where))
    assert said.split() == ["1", "OPEN", said.split()[2], "TicketCreated", "MessageAdded", "Now."]
    assert int(said.split()[2]) >= 2026


async def make_typescript(folder: Path, schema: str = SCHEMA) -> None:
    """Typed documents, made in the folder by the settings that the guide shows."""
    ((filename, wanted),) = yaml.safe_load(sample("yaml", "generates").text)["generates"].items()
    documents = [operation.read_text() for operation in OPERATIONS]
    settings = {"schema": schema, "documents": documents, "filename": filename, **wanted}
    made = await output(node(), "typed_documents.mjs", folder=FOLDER, words=json.dumps(settings))
    (folder / filename).write_text(made)
    (folder / "node_modules").symlink_to(PACKAGES)


async def test_typescript_documents_are_typed(tmp_path: Path) -> None:
    await make_typescript(tmp_path)
    (tmp_path / "use.ts").write_text(sample("ts", "CreateTicketDocument").text)

    await output(node(), PACKAGES / "typescript" / "bin" / "tsc", *TSC.split(), "use.ts", folder=tmp_path)


@pytest.mark.parametrize("make", [make_python, make_typescript])
async def test_a_field_that_the_schema_loses_is_missed(
    make: Callable[[Path, str], Awaitable[None]], tmp_path: Path
) -> None:
    schema = build_schema(SCHEMA)
    ticket = schema.type_map["Ticket"]
    assert isinstance(ticket, GraphQLObjectType)
    del ticket.fields["subject"]

    with pytest.raises(Failed, match=r"Cannot query field .subject. on type .Ticket.\."):
        await make(tmp_path, print_schema(schema))
