"""How the Python peers are served: with the product's own settings of uvicorn."""

from __future__ import annotations

import os

import uvicorn
from starlette.types import ASGIApp

from helpdesk.serving import FRAME_LIMIT, listener_on, spare_the_collector


def serve(app: ASGIApp) -> None:
    """Serve on PORT until terminated."""
    spare_the_collector()
    config = uvicorn.Config(
        app,
        loop="uvloop",
        lifespan="off",
        log_level="warning",
        access_log=False,
        ws="websockets-sansio",
        ws_max_size=FRAME_LIMIT,
        ws_per_message_deflate=False,
        http="httptools",
        proxy_headers=False,
    )
    with listener_on("127.0.0.1", int(os.environ["PORT"])) as listener:
        uvicorn.Server(config).run(sockets=[listener])
