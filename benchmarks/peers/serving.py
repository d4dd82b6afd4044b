"""How the peers that are written in Python are served: uvicorn with uvloop and httptools, as the product is."""

from __future__ import annotations

import os

import uvicorn
from starlette.types import ASGIApp

CONNECTIONS = 8


def serve(app: ASGIApp) -> None:
    """Serve on PORT until terminated."""
    port = int(os.environ["PORT"])
    uvicorn.run(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", log_level="warning", access_log=False
    )
