"""The time from a mutation's answer to the event's arrival at an agent's socket."""

from __future__ import annotations

import time

import httpx

from benchmarks.journey import following

CREATE = """
mutation Create { createTicket(input: {subject: "bench", body: "bench"}) { ... on Ticket { id number } } }"""
FEED = "subscription { feed { __typename ... on Event { ticket { id } } } }"


async def latencies(url: str, agent: str, customer: str, count: int) -> list[float]:
    """Seconds from a mutation's answer to the event at the agent's socket; 0 where the event was faster."""
    async with httpx.AsyncClient(base_url=url) as http, following(url, agent, FEED) as inbox:
        found = []
        for _ in range(count):
            answer = await http.post(
                "/graphql", json={"query": CREATE}, headers={"Authorization": f"Bearer {customer}"}
            )
            answered = time.perf_counter()
            ticket = answer.json()["data"]["createTicket"]["id"]

            def wanted(item: dict[str, object], ticket: str = ticket) -> bool:
                return item["__typename"] == "TicketCreated" and item["ticket"] == {"id": ticket}

            arrived, _item = await inbox.first(wanted)
            found.append(max(0.0, arrived - answered))
    return found
