"""Texts that go out the short way are framed as `websockets` would frame them"""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from helpdesk.sockets import text_head


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 65_535, 65_536, 1_000_000])
def test_a_text_of_any_length(length: int) -> None:
    payload = b"x" * length

    assert text_head(length) + payload == Frame(Opcode.TEXT, payload).serialize(mask=False)
