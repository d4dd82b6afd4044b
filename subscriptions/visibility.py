"""Who may learn that an event happened: one table, read by Python and by SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from models.actors import Actor, Role
from models.log import Visibility
from models.recorded import RecordedEvent


@dataclass(frozen=True, slots=True)
class Sight:
    """What a role sees: of everybody's events, and of those that concern the viewer."""

    of_all: frozenset[Visibility]
    of_own: frozenset[Visibility]


# Of what is for admins, staff learn what concerns themselves: what becomes of their tokens.
_STAFF = Sight(frozenset({Visibility.CUSTOMER, Visibility.STAFF}), frozenset({Visibility.PERSON, Visibility.ADMIN}))

SIGHT: Mapping[Role, Sight] = {
    Role.ADMIN: Sight(frozenset({Visibility.CUSTOMER, Visibility.STAFF, Visibility.ADMIN}), _STAFF.of_own),
    Role.AGENT: _STAFF,
    Role.ANALYST: _STAFF,
    Role.CUSTOMER: Sight(frozenset(), frozenset({Visibility.CUSTOMER, Visibility.PERSON})),
}
# The AI and the system read rows, never a feed.
_BLIND = Sight(frozenset(), frozenset())


def sight(actor: Actor) -> Sight:
    """What the actor's role sees."""
    return SIGHT[actor.role] if actor.role else _BLIND


def may_see(actor: Actor, event: RecordedEvent) -> bool:
    """Whether this event of the actor's organization may reach the actor."""
    seen = sight(actor)
    if event.visibility in seen.of_all:
        return True
    return event.visibility in seen.of_own and event.person_id is not None and event.person_id == actor.user_id


def is_for_all(actor: Actor, event: RecordedEvent) -> bool:
    """Whether this event of the actor's organization may reach everybody of the actor's role."""
    return event.visibility in sight(actor).of_all


def is_for_some(actor: Actor, event: RecordedEvent) -> bool:
    """Whether this event of the actor's organization may reach anybody of the actor's role."""
    seen = sight(actor)
    return event.visibility in seen.of_all or event.visibility in seen.of_own


def rows_for_some(actor: Actor, values: list[object]) -> str:
    """`is_for_some` as a condition, as `visible_rows` is one of `may_see`."""
    seen = sight(actor)
    values.append(sorted(seen.of_all | seen.of_own))
    return f"t.visibility = ANY(${len(values)}::text[])"


def visible_rows(actor: Actor, values: list[object]) -> str:
    """`may_see` as a condition on rows `t` of support_event; what it compares with is appended to `values`.

    For reading less, not for deciding: what comes back still passes `may_see`.
    """
    seen = sight(actor)
    values += [sorted(seen.of_own), actor.user_id]
    own = f"t.visibility = ANY(${len(values) - 1}::text[]) AND t.person_id = ${len(values)}::uuid"
    # A customer's condition must stay free of OR, or PostgreSQL can't walk the index by person in the order of seq.
    if not seen.of_all:
        return f"({own})"
    values.append(sorted(seen.of_all))
    return f"(t.visibility = ANY(${len(values)}::text[]) OR {own})"
