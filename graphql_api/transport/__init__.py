"""HTTP, WebSocket and server-sent events: how requests come in and answers go out."""
