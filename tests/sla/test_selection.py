"""Which promise a ticket gets: that of a plain reading of the book, at every place in the log"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from models import sla
from models.sla.selection import Book, CalendarVersion, Circumstances, Entry, PolicyVersion, Selection

BEGIN = datetime(2026, 11, 6, 9, tzinfo=UTC)
# Few of everything, so that conditions often hold.
POLICIES, CALENDARS, TAGS, CATEGORIES = ([UUID(int=kind * 10 + each) for each in range(3)] for kind in range(1, 5))
DOMAINS = ["a.test", "b.test"]
CONDITIONS = st.one_of(
    st.builds(sla.Condition, tags=st.frozensets(st.sampled_from(TAGS), min_size=1)),
    st.builds(sla.Condition, categories=st.frozensets(st.sampled_from(CATEGORIES), min_size=1)),
    st.builds(sla.Condition, domains=st.frozensets(st.sampled_from(DOMAINS), min_size=1)),
)
POLICY = st.builds(
    sla.PolicyDefinition,
    st.just("Gold"),
    st.just(sla.NOTHING_PROMISED),
    position=st.integers(0, 3),
    is_default=st.booleans(),
    calendar_id=st.none() | st.sampled_from(CALENDARS),
    conditions=st.lists(CONDITIONS, max_size=2).map(tuple),
)
CALENDAR = st.builds(sla.CalendarDefinition, st.just("Office"), st.just(sla.ALWAYS_OPEN), is_default=st.booleans())
VERSIONS = st.builds(lambda of, said: PolicyVersion(uuid4(), of, said), st.sampled_from(POLICIES), POLICY) | st.builds(
    lambda of, said: CalendarVersion(uuid4(), of, said), st.sampled_from(CALENDARS), CALENDAR
)
LINES = st.lists(st.tuples(st.integers(1, 3), VERSIONS, st.sampled_from([False, False, False, True])), max_size=12)
TICKETS = st.builds(
    Circumstances,
    st.frozensets(st.sampled_from(TAGS)),
    st.none() | st.sampled_from(CATEGORIES),
    st.sampled_from(["", *DOMAINS, "sub.a.test"]),
)


def entered(lines: list[tuple[int, PolicyVersion | CalendarVersion, bool]]) -> list[Entry]:
    """Lines of a book, so many places in the log apart."""
    seq, found = 0, []
    for apart, version, deleted in lines:
        seq += apart
        found.append(Entry(uuid4(), seq, BEGIN + timedelta(seconds=seq), version, deleted))
    return found


def plainly(entries: list[Entry], seq: int, ticket: Circumstances) -> Selection:
    """The policy and calendar, read line by line."""
    last: dict[UUID, Entry] = {}
    for entry in entries:
        if entry.seq <= seq:
            version = entry.version
            of = version.policy_id if isinstance(version, PolicyVersion) else version.calendar_id
            last.pop(of, None)
            last[of] = entry
    standing = [entry.version for entry in last.values() if not entry.deleted]
    policies = [each for each in standing if isinstance(each, PolicyVersion)]
    calendars = [each for each in standing if isinstance(each, CalendarVersion)]
    policies.sort(key=lambda each: (each.definition.position, each.policy_id))
    fitting = [each for each in policies if fits(each.definition, ticket)]
    defaults = [each for each in policies if each.definition.is_default]
    if not fitting and not defaults:
        return Selection()
    policy = (fitting or defaults)[0]
    named = [each for each in calendars if each.calendar_id == policy.definition.calendar_id]
    default = [each for each in calendars if each.definition.is_default]
    return Selection(policy, next(iter([*named, *default]), None))


def fits(definition: sla.PolicyDefinition, ticket: Circumstances) -> bool:
    """Whether there are conditions, and each of them names something that the ticket has."""
    has = {*ticket.tags, ticket.category_id, ticket.domain} - {None, ""}
    named = [{*each.tags, *each.categories, *each.domains} for each in definition.conditions]
    return bool(named) and all(has & names for names in named)


@given(LINES, TICKETS)
def test_at_every_place_in_the_log(
    lines: list[tuple[int, PolicyVersion | CalendarVersion, bool]], ticket: Circumstances
) -> None:
    entries = entered(lines)
    book = Book(entries)

    for seq in range(book.seq + 2):
        assert book.in_force(seq).select(ticket) == plainly(entries, seq, ticket)


@given(LINES, st.integers(0, 12), TICKETS)
def test_a_book_that_was_added_to_is_the_book_that_was_read_at_once(
    lines: list[tuple[int, PolicyVersion | CalendarVersion, bool]], known: int, ticket: Circumstances
) -> None:
    entries = entered(lines)
    whole, grown = Book(entries), Book(entries[:known]).with_more(entries[known:])

    assert grown.edits_after(0) == whole.edits_after(0)
    assert grown.in_force(grown.seq).select(ticket) == whole.in_force(whole.seq).select(ticket)


@given(LINES)
def test_what_is_entered_at_once_is_one_edit(lines: list[tuple[int, PolicyVersion | CalendarVersion, bool]]) -> None:
    entries = [Entry(each.event_id, each.seq, BEGIN, each.version, each.deleted) for each in entered(lines)]

    edits = Book(entries).edits_after(0)

    followed = {entry.seq for entry in entries} & {entry.seq - 1 for entry in entries}
    assert [edit.seq for edit in edits] == [entry.seq for entry in entries if entry.seq not in followed]
