"""Runs the server: takes a port, answers until told to stop, leaves in order."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from helpdesk.sockets import HttpProtocol, SocketProtocol

PORTS_TRIED = 100
# Longer than any mutation may take. With what tasks need after it, a process has left within 20 s.
GOODBYE_SECONDS = 12
STALLED_SECONDS = 30
# Beyond it uvicorn just closes; within it the socket answers with a sentence at HELPDESK_MAX_BODY_BYTES.
FRAME_LIMIT = 16_000_000


def free_listener(host: str, port: int) -> socket.socket:
    """A listening socket on the port, or on the next one that is free."""
    for candidate in range(port, min(port + PORTS_TRIED, 65536)):
        try:
            return listener_on(host, candidate)
        except OSError as error:
            if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
                raise
    raise OSError(errno.EADDRINUSE, f"No port from {port} on is free; set HELPDESK_PORT to another.")


def listener_on(host: str, port: int) -> socket.socket:
    """A listening socket on exactly this port."""
    listener = socket.create_server((host, port), backlog=2048)
    # Accepted sockets inherit it; with Nagle's algorithm a small answer can wait 40 ms for an acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        # This too: who reads nothing of what waits for them can't be told to leave, and would stay for ever.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_SECONDS * 1_000)
    return listener


def configured(app: ASGIApp, **more: Any) -> uvicorn.Config:
    """How apps are served; tests serve theirs just so, and may say more."""
    return uvicorn.Config(
        app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        ws=SocketProtocol,
        ws_max_size=FRAME_LIMIT,
        # With it no text could go out the short way.
        ws_per_message_deflate=False,
        http=HttpProtocol,
        # Whom a proxy speaks for is found out where it matters, and only of proxies that the operator names.
        proxy_headers=False,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
        **more,
    )


class Server(uvicorn.Server):
    """uvicorn, with our signals: its own would end the process before the rest of the house is closed."""

    def __init__(
        self, app: ASGIApp, ready: Callable[[], None], stopping: Callable[[], None], asked: Callable[[], None]
    ) -> None:
        super().__init__(configured(app))
        self._ready = ready
        self._stopping = stopping
        self._asked = asked

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at the first SIGINT or SIGTERM, at once at the second; whoever runs the server then goes on.

        SIGUSR1 asks how it goes.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop)
        loop.add_signal_handler(signal.SIGUSR1, self._asked)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
                loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self._stopping()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections, and say so."""
        spare_the_collector()
        await super().startup(sockets)
        self._ready()


def spare_the_collector() -> None:
    """Keep what start-up made out of garbage collections: it stays for good, and walking it took a quarter of the time
    that a list of tickets costs.

    A full collection stops a server with a thousand sockets for a good part of a second, so it is rare: what comes and
    goes in numbers must not point back at itself, and a test sees to that for sockets.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    ready: Callable[[], None],
    stopping: Callable[[], None],
    asked: Callable[[], None],
) -> None:
    """Answer on the socket until told to stop; `ready` is called once connections are accepted, `stopping` when it is
    time for whatever lasts to end, `asked` when an operator wants to know how it goes."""
    await Server(app, ready, stopping, asked).serve(sockets=[listener])
