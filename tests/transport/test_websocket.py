"""graphql-transport-ws as its PROTOCOL.md has it: operations, side by side on one socket."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from graphql_api.transport.websocket import GraphQLSockets, SocketLimits
from tests.transport.engine import Incident, SmallEngine
from tests.transport.site import Place, Site
from tests.transport.socket_client import complete, error, next_, open_socket, ready_socket


async def test_query(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.subscribe(
            "q",
            "query A($t: String!) { echo(text: $t) } query B { hello }",
            operationName="A",
            variables={"t": "ü"},
            extensions={"a": 1},
        )

        assert await client.receive_many(2) == [next_("q", echo="ü"), complete("q")]


async def test_mutation(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("m", "mutation { add(by: 2) }", operationName=None, variables=None, extensions=None)

        assert await client.receive_many(2) == [next_("m", add=2), complete("m")]
    assert engine.total == 2


async def test_subscription(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("s", "subscription { count(to: 3) }")

        counted = [next_("s", count=number) for number in (1, 2, 3)]
        assert await client.receive_many(4) == [*counted, complete("s")]
    assert engine.open_streams == 0


async def test_operations_run_side_by_side(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("slow", "{ waiting }")
        await engine.entered.wait()
        await client.subscribe("quick", "{ hello }")
        assert await client.receive_many(2) == [next_("quick", hello="world"), complete("quick")]

        engine.gate.set()
        assert await client.receive_many(2) == [next_("slow", waiting="done"), complete("slow")]


async def test_field_errors_are_part_of_the_result(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "{ hello broken }")
        result, end = await client.receive_many(2)

    assert (result["type"], result["payload"]["data"]) == ("next", {"hello": "world", "broken": None})
    assert result["payload"]["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}
    assert end == complete("1")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "OPERATION_NOT_FOUND"),
    ],
)
async def test_operation_that_can_not_start_harms_no_other(api: Place, query: str, code: str) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("good", "subscription { forever }")
        assert await client.receive() == next_("good", forever=1)

        await client.subscribe("bad", query)
        refusal = await client.receive()
        assert (refusal["id"], refusal["type"]) == ("bad", "error")
        assert [fault["extensions"]["code"] for fault in refusal["payload"]] == [code]

        await client.subscribe("bad", "{ hello }")
        assert await client.receive_many(2) == [next_("bad", hello="world"), complete("bad")]


@pytest.mark.parametrize("text", [r"a\u0000b", r"\ud83d", r"\ude00\ud83d"])
async def test_text_that_can_not_be_stored_is_the_operations_fault(api: Place, text: str) -> None:
    async with ready_socket(api) as client:
        frame = json.dumps(
            {"id": "cut emoji", "type": "subscribe", "payload": {"query": "{ hello }", "variables": "?"}}
        )
        await client.send_frame(frame.replace('"?"', f'{{"t": "{text}"}}'))

        sentence = "A string contains a NUL or half of a surrogate pair, which no text may."
        assert await client.receive() == error("cut emoji", sentence, "BAD_REQUEST")
        await client.subscribe("cut emoji", "{ hello }")
        assert await client.receive() == next_("cut emoji", hello="world")


async def test_subscription_that_is_refused_on_the_way(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "subscription { behind }")

        refusal = error("1", "You were too slow.", "RESUME_REQUIRED")
        assert await client.receive_many(2) == [next_("1", behind=1), refusal]
        await client.subscribe("1", "{ hello }")
        assert await client.receive() == next_("1", hello="world")
    assert engine.open_streams == 0


async def test_bug_in_a_subscription_is_masked(api: Place, incident: Callable[[], Incident]) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "subscription { buggy }")
        assert await client.receive() == next_("1", buggy=1)
        refusal = await client.receive()

    logged = incident()
    (only,) = refusal["payload"]
    assert (refusal["type"], only["extensions"]) == ("error", {"code": "INTERNAL"})
    assert logged.id in only["message"]
    assert "hunter2" not in only["message"]


async def test_id_in_use(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "subscription { forever }")
        assert await client.receive() == next_("1", forever=1)
        await client.subscribe("1", "mutation { add }")

        assert await client.closed() == (4409, "Subscriber for 1 already exists")
    assert engine.total == 0


async def test_close_reason_fits_into_a_close_frame(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("ü" * 100, "subscription { forever }")
        await client.subscribe("ü" * 100, "subscription { forever }")

        assert await client.closed() == (4409, "Subscriber for " + "ü" * 54)


async def test_odd_ids_come_back_as_they_were(api: Place) -> None:
    async with ready_socket(api) as client:
        for odd in ('"', "\\", "\n", " ", "😀", "x" * 10_000):
            await client.subscribe(odd, "{ hello }")

            assert await client.receive_many(2) == [next_(odd, hello="world"), complete(odd)]


async def test_complete_ends_a_subscription_and_frees_its_id(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "subscription { forever }")
        assert await client.receive() == next_("1", forever=1)
        await client.send(id="1", type="complete")
        await client.subscribe("1", "{ hello }")

        assert await client.receive_many(2) == [next_("1", hello="world"), complete("1")]
        await engine.left.wait()
    assert engine.open_streams == 0


async def test_complete_ends_a_query(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "{ waiting }")
        await engine.entered.wait()
        await client.send(id="1", type="complete")
        await engine.left.wait()
        await client.send(type="ping")

        assert await client.receive() == {"type": "pong"}


async def test_complete_lets_a_mutation_end_unheard(api: Place, engine: SmallEngine) -> None:
    async with ready_socket(api) as client:
        await client.subscribe("1", "mutation { waitingAdd }")
        await engine.entered.wait()
        await client.send(id="1", type="complete")
        await client.subscribe("1", "mutation { add(by: 10) }")
        assert await client.receive_many(2) == [next_("1", add=10), complete("1")]

        engine.gate.set()
        await engine.left.wait()
        await client.send(type="ping")
        assert await client.receive() == {"type": "pong"}
    assert engine.total == 11


async def test_complete_of_an_unknown_operation_is_ignored(api: Place) -> None:
    async with ready_socket(api) as client:
        await client.send(id="gone", type="complete")
        await client.subscribe("1", "{ hello }")

        assert await client.receive() == next_("1", hello="world")


@pytest.mark.parametrize("payload", [{}, {"payload": {"a": [1, "ü"]}}, {"payload": {}}])
async def test_ping_is_answered_even_before_init(api: Place, payload: dict[str, Any]) -> None:
    async with open_socket(api) as client:
        await client.send(type="ping", **payload)
        assert await client.receive() == {"type": "pong", **payload}

        await client.init()
        await client.send(type="ping", **payload)
        assert await client.receive() == {"type": "pong", **payload}


async def test_unasked_pong_is_welcome(api: Place) -> None:
    async with open_socket(api) as client:
        await client.send(type="pong")
        await client.send(type="pong", payload={"a": 1})
        await client.init()


async def test_operations_of_a_socket_are_limited(site: Site, engine: SmallEngine) -> None:
    place = site.place(websocket=GraphQLSockets(engine, limits=SocketLimits(operations=2)))
    async with ready_socket(place) as client:
        for name in ("1", "2"):
            await client.subscribe(name, "subscription { forever }")
            assert await client.receive() == next_(name, forever=1)
        await client.subscribe("3", "{ hello }")
        sentence = "A socket carries 2 operations at a time."
        assert await client.receive() == error("3", sentence, "TOO_MANY_OPERATIONS")

        await client.send(id="1", type="complete")
        await client.subscribe("3", "{ hello }")
        assert await client.receive() == next_("3", hello="world")
