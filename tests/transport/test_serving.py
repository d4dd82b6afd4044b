"""The listening socket: what those that it accepts inherit"""

from __future__ import annotations

import select
import socket
import sys

import pytest

from helpdesk import serving


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has the option")
def test_a_client_that_reads_nothing_is_cut_off_by_the_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "STALLED_SECONDS", 1)
    with serving.listener_on("127.0.0.1", 0) as listener, socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(listener.getsockname())
        accepted, _ = listener.accept()
        with accepted:
            accepted.setblocking(False)
            with pytest.raises(BlockingIOError):
                while True:
                    accepted.send(b"x" * 65_536)
            ended = select.poll()
            ended.register(accepted, select.POLLERR)

            assert ended.poll(20_000)
            with pytest.raises(TimeoutError):
                accepted.send(b"x")
