"""`helpdesk sla verify`: every ticket's clocks told again from its events, and held against what is stored."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from graphql_api.ids import encode
from models.actors import Actor
from models.database import Database
from resolvers.organizations import organization_by_slug
from resolvers.verification import Difference, verify_clocks


@dataclass(slots=True)
class Verification:
    """What was looked at, and what was found. `behind` have events that a worker has yet to follow."""

    tickets: int = 0
    behind: int = 0
    differences: list[Difference] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """A line for each difference."""
        for each in self.differences:
            yield f"{encode('tkt', each.ticket_id)}, {each.what}: stored {each.stored}, told {each.told}"

    def as_json(self) -> dict[str, Any]:
        """The same for programs."""
        differences = [
            {"ticketId": encode("tkt", each.ticket_id), "what": each.what, "stored": str(each.stored)}
            | {"told": str(each.told)}
            for each in self.differences
        ]
        return {"tickets": self.tickets, "behind": self.behind, "differences": differences}


async def verify(database: Database, slug: str | None, console: Console) -> Verification:
    """Verify one organization, or all."""
    if slug is None:
        found = await database.fetch("SELECT id FROM support_organization ORDER BY id")
        organizations = [row["id"] for row in found]
    else:
        organizations = [(await organization_by_slug(database, slug)).id]
    outcome = Verification()
    total = await database.fetchval(
        "SELECT count(*) FROM support_ticket_sla WHERE organization_id = ANY($1)", organizations
    )
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Verifying clocks", total=total)
        for organization in organizations:
            actor, after = Actor.system(database, organization), None
            while True:
                verified, after = await verify_clocks(actor, after)
                outcome.tickets += verified.tickets
                outcome.behind += verified.behind
                outcome.differences += verified.differences
                progress.advance(bar, verified.tickets)
                if after is None:
                    break
    return outcome
