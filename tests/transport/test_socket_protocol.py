"""What the server does at the level of WebSocket's frames: its texts, and clients that pause, ping and leave"""

from __future__ import annotations

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import connect
from websockets.frames import Frame, Opcode
from websockets.typing import Subprotocol

from graphql_api.transport.websocket import GraphQLSockets
from helpdesk.sockets import MOST_FRAGMENTS, SLICE, text_head
from tests.transport.deaf_client import FLOOD, deaf_socket
from tests.transport.engine import SmallEngine
from tests.transport.site import Place, open_site
from tests.transport.socket_client import complete, next_, ready_socket


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_a_text_that_goes_out_the_short_way_is_framed_as_websockets_would_frame_it(length: int) -> None:
    payload = b"x" * length

    assert text_head(length) + payload == Frame(Opcode.TEXT, payload).serialize(mask=False)


async def test_nothing_is_compressed_for_a_client_that_could_read_it(api: Place) -> None:
    async with connect(api.socket_url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
        assert connection.protocol.extensions == []


async def test_what_comes_in_a_flood_is_read_in_slices_and_whole(api: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []
    whole = WebSocketsSansIOProtocol.data_received

    def counted(protocol: WebSocketsSansIOProtocol, data: bytes) -> None:
        read.append(len(data))
        whole(protocol, data)

    async with deaf_socket(api) as client:
        monkeypatch.setattr(WebSocketsSansIOProtocol, "data_received", counted)
        for number in range(20):
            for _ in range(2_000):
                client.send(Opcode.PONG)
            client.say(f'{{"type": "ping", "payload": {{"number": {number}}}}}')
        answers = [await client.frame() for _ in range(20)]

    assert answers == [(Opcode.TEXT, b'{"type":"pong","payload":{"number":%d}}' % number) for number in range(20)]
    assert max(read) <= SLICE
    assert sum(read) > 20 * 2_000 * len(Frame(Opcode.PONG, b"").serialize(mask=True))


async def test_a_message_of_many_slices_arrives_whole(api: Place) -> None:
    text = "x" * (20 * SLICE)
    async with ready_socket(api) as client:
        for number in range(3):
            await client.subscribe(str(number), f'{{ echo(text: "{text}") }}')
            assert await client.receive_many(2) == [next_(str(number), echo=text), complete(str(number))]


async def test_each_ping_is_answered(api: Place) -> None:
    async with deaf_socket(api) as client:
        for number in range(3):
            client.send(Opcode.PING, b"%d" % number)

        assert [await client.frame() for _ in range(3)] == [(Opcode.PONG, b"%d" % number) for number in range(3)]


async def test_of_pings_while_nothing_is_read_the_newest_is_answered(api: Place, engine: SmallEngine) -> None:
    async with deaf_socket(api) as client:
        client.say(FLOOD)
        await engine.stuck.wait()
        for number in range(1_000):
            client.send(Opcode.PING, b"%d" % number)
        engine.entered.clear()
        client.say('{"id": "2", "type": "subscribe", "payload": {"query": "{ waiting }"}}')
        await engine.entered.wait()

        seen = [await client.frame() for _ in range(4)]

    assert [payload for opcode, payload in seen if opcode is Opcode.PONG] == [b"999"]


@pytest.mark.parametrize(("fragments", "answer"), [(MOST_FRAGMENTS, Opcode.TEXT), (MOST_FRAGMENTS + 1, Opcode.CLOSE)])
async def test_a_message_has_so_many_fragments(api: Place, fragments: int, answer: Opcode) -> None:
    async with deaf_socket(api) as client:
        client.send(Opcode.TEXT, b'{"type":"ping"}', fin=False)
        for _ in range(fragments - 2):
            client.send(Opcode.CONT, fin=False)
        client.send(Opcode.CONT)
        opcode, payload = await client.frame()

    assert opcode is answer
    assert payload == (b'{"type":"pong"}' if opcode is Opcode.TEXT else b"\x03\xf1A message may have 1000 fragments.")


async def test_a_client_that_has_left_but_reads_nothing_keeps_nobody_from_being_told_that_the_server_stops(
    engine: SmallEngine,
) -> None:
    async with open_site() as site:
        place = site.place(websocket=GraphQLSockets(engine))
        async with deaf_socket(place) as deaf, ready_socket(place) as client:
            deaf.say(FLOOD)
            await engine.stuck.wait()
            deaf.send(Opcode.CLOSE, b"\x03\xe8")
            await place.hung_up.wait()

            site.server.should_exit = True

            assert await client.closed() == (1012, "")
