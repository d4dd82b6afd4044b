"""Trusted documents: asked for by hash, in each mode, over each transport"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.trusted import sha256
from models.actors import Role
from models.database import Database
from models.settings import Settings, SettingsError
from tests.client import Client
from tests.limits.conftest import Serve
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

KNOWN = "query Role { viewer { role } }"
UNKNOWN = "{ viewer { role } }"
HASH = sha256(KNOWN)
MANIFESTS: dict[str, Any] = {
    "of graphql-codegen": {HASH: KNOWN},
    "with the name of the hash": {f"sha256:{HASH}": KNOWN},
    "of Apollo": {
        "format": "apollo-persisted-query-manifest",
        "version": 1,
        "operations": [{"id": HASH, "name": "Role", "type": "query", "body": KNOWN}],
    },
}


def apollo(key: str) -> dict[str, Any]:
    """Asks for a document as Apollo's clients do."""
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": key}}}


# Every way to ask, and what becomes of it: data, or the code of the refusal, in the modes off, allow, enforce.
ASKED: dict[str, tuple[dict[str, Any], tuple[str, str, str]]] = {
    "a known hash": (apollo(HASH), ("PERSISTED_QUERY_NOT_SUPPORTED", "data", "data")),
    "a known hash in capitals": (apollo(HASH.upper()), ("PERSISTED_QUERY_NOT_SUPPORTED", "data", "data")),
    "a known documentId": ({"documentId": f"sha256:{HASH}"}, ("PERSISTED_QUERY_NOT_SUPPORTED", "data", "data")),
    "an unknown hash": (
        apollo(sha256(UNKNOWN)),
        ("PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_FOUND"),
    ),
    "an id that is no hash": (
        {"documentId": "role"},
        ("PERSISTED_QUERY_NOT_SUPPORTED", "PERSISTED_QUERY_NOT_FOUND", "PERSISTED_QUERY_NOT_FOUND"),
    ),
    "a known text": ({"query": KNOWN}, ("data", "data", "data")),
    "an unknown text": ({"query": UNKNOWN}, ("data", "data", "PERSISTED_QUERY_REQUIRED")),
    "a known hash and its text": ({"query": KNOWN, **apollo(HASH)}, ("data", "data", "data")),
    "an unknown hash and its text": (
        {"query": UNKNOWN, **apollo(sha256(UNKNOWN))},
        ("data", "data", "PERSISTED_QUERY_REQUIRED"),
    ),
    "a hash and another text": ({"query": UNKNOWN, **apollo(HASH)}, ("BAD_REQUEST",) * 3),
    "a hash of another version": (
        {"extensions": {"persistedQuery": {"version": 2, "sha256Hash": HASH}}},
        ("BAD_REQUEST",) * 3,
    ),
    "no hash": ({"extensions": {"persistedQuery": {"version": 1}}}, ("BAD_REQUEST",) * 3),
    "a list": ({"extensions": {"persistedQuery": []}}, ("BAD_REQUEST",) * 3),
    "a number": ({"documentId": 7}, ("BAD_REQUEST",) * 3),
}


def settings(folder: Path, manifest: Any, mode: str) -> Settings:
    """The settings of an operator who has written a manifest."""
    file = folder / "documents.json"
    file.write_text(json.dumps(manifest))
    return Settings.from_environment({"HELPDESK_TRUSTED_DOCUMENTS": str(file), "HELPDESK_TRUSTED_DOCUMENTS_MODE": mode})


async def outcome(by: Client, body: dict[str, Any]) -> str:
    """What becomes of a request: data, or the code of the refusal."""
    answer = (await by.http.post("/graphql", json=body, headers={"Authorization": f"Bearer {by.token}"})).json()
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    assert answer["data"] == {"viewer": {"role": "AGENT"}}
    return "data"


@pytest.mark.parametrize("mode", ["off", "allow", "enforce"])
async def test_each_way_to_ask_in_each_mode(a_helpdesk: Make, serve: Serve, tmp_path: Path, mode: str) -> None:
    helpdesk = await a_helpdesk()
    client = await serve(settings(tmp_path, MANIFESTS["of graphql-codegen"], mode))
    agent = client(helpdesk.world.token(Role.AGENT))
    place = ["off", "allow", "enforce"].index(mode)

    for name, (body, expected) in ASKED.items():
        assert await outcome(agent, body) == expected[place], name
    # Nothing was learned from what was asked.
    assert await outcome(agent, apollo(sha256(UNKNOWN))) == ASKED["an unknown hash"][1][place]


@pytest.mark.parametrize("manifest", MANIFESTS.values(), ids=MANIFESTS)
async def test_manifests_of_several_tools(a_helpdesk: Make, serve: Serve, tmp_path: Path, manifest: Any) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(settings(tmp_path, manifest, "enforce")))(helpdesk.world.token(Role.AGENT))

    assert await outcome(agent, apollo(HASH)) == "data"


async def test_each_role_has_its_mode(a_helpdesk: Make, serve: Serve, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    client = await serve(settings(tmp_path, {HASH: KNOWN}, "customer=enforce, agent=allow"))
    text = {"query": UNKNOWN}
    codes = {}
    for role in Role:
        by = client(helpdesk.world.token(role))
        bodies = [
            (await by.http.post("/graphql", json=each, headers={"Authorization": f"Bearer {by.token}"})).json()
            for each in (text, apollo(HASH))
        ]
        codes[role] = [each["errors"][0]["extensions"]["code"] if "errors" in each else "data" for each in bodies]

    assert codes == {
        Role.ADMIN: ["data", "PERSISTED_QUERY_NOT_SUPPORTED"],
        Role.AGENT: ["data", "data"],
        Role.ANALYST: ["data", "PERSISTED_QUERY_NOT_SUPPORTED"],
        Role.CUSTOMER: ["PERSISTED_QUERY_REQUIRED", "data"],
    }


async def test_by_get_by_stream_and_by_socket(a_helpdesk: Make, serve: Serve, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    agent = (await serve(settings(tmp_path, {HASH: KNOWN}, "enforce")))(helpdesk.world.token(Role.AGENT))
    headers = {"Authorization": f"Bearer {agent.token}"}
    asked = [{"documentId": f"sha256:{HASH}"}, {"extensions": json.dumps(apollo(HASH)["extensions"])}]

    for parameters in asked:
        got = await agent.http.get("/graphql", params=parameters, headers=headers)
        assert got.json()["data"] == {"viewer": {"role": "AGENT"}}
        streamed = await agent.http.get(
            "/graphql/stream", params=parameters, headers={**headers, "Accept": "text/event-stream"}
        )
        assert '"data":{"viewer":{"role":"AGENT"}}' in streamed.text
    assert await over_a_socket(agent, apollo(HASH)) == {"viewer": {"role": "AGENT"}}
    assert await over_a_socket(agent, {"documentId": f"sha256:{HASH}"}) == {"viewer": {"role": "AGENT"}}
    assert await over_a_socket(agent, {"query": UNKNOWN}) == "PERSISTED_QUERY_REQUIRED"


async def over_a_socket(by: Client, payload: dict[str, Any]) -> Any:
    """The data of one operation, or the code of its refusal."""
    async with by.socket() as socket:
        await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
        answer = json.loads(await socket.recv())
    return answer["payload"][0]["extensions"]["code"] if answer["type"] == "error" else answer["payload"]["data"]


BAD: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "can't be read as JSON"),
    "a list": ("[]", "is no manifest"),
    "another hash": (json.dumps({HASH: UNKNOWN}), "is not the SHA-256 of its document"),
    "no text": (json.dumps({HASH: 7}), "is not the SHA-256 of its document"),
    "a list of Apollo's": (
        json.dumps({"format": "apollo-persisted-query-manifest", "operations": [7]}),
        "is no manifest",
    ),
    "a document with a mistake": (
        json.dumps({sha256("{ nothing }"): "{ nothing }"}),
        "can't be run: Cannot query field 'nothing' on type 'Query'.",
    ),
    "a document that is no document": (json.dumps({sha256("{"): "{"}), "can't be run: Syntax Error"),
}


@pytest.mark.parametrize(("text", "sentence"), BAD.values(), ids=BAD)
async def test_a_bad_manifest_stops_the_start(
    database: Database, services: Services, tmp_path: Path, text: str, sentence: str
) -> None:
    file = tmp_path / "documents.json"
    file.write_text(text)
    chosen = Settings(trusted_documents=file)

    with pytest.raises(SettingsError, match="HELPDESK_TRUSTED_DOCUMENTS") as refusal:
        Engine(database, replace(services, settings=chosen))

    assert sentence in str(refusal.value)


def test_a_manifest_that_is_not_there_stops_the_start(database: Database, services: Services, tmp_path: Path) -> None:
    chosen = Settings(trusted_documents=tmp_path / "nothing.json")

    with pytest.raises(SettingsError, match="can't be read"):
        Engine(database, replace(services, settings=chosen))
