"""The event that the servers without a database send, and the document with which all are asked for it."""

from __future__ import annotations

from typing import Any

QUERY = """subscription { feed { cursor __typename
  ... on Event { id occurredAt actorKind actor { name } ticket { id number subject status version } }
  ... on MessageAdded { message { id body internal } } } }"""

EVENT: dict[str, Any] = {
    "cursor": "Yh0Lw3o8mPq9B2x7d1VZ5Kc6sT4eRjUuNnGgFfHhIiOoAaQqXxCc_-EeWw12",
    "__typename": "MessageAdded",
    "id": "evt_0199a0b0c0d070e080f0a1b2c3d4e5f6",
    "occurredAt": "2026-11-25T20:00:00.125678Z",
    "actorKind": "AGENT",
    "actor": {"name": "Agent 17"},
    "ticket": {
        "id": "tkt_0199a0b0c0d070e080f0a1b2c3d4e5f7",
        "number": 1234,
        "subject": "The printer on the second floor",
        "status": "IN_PROGRESS",
        "version": 42,
    },
    "message": {"id": "msg_0199a0b0c0d070e080f0a1b2c3d4e5f8", "body": "A message of some length.", "internal": False},
}
