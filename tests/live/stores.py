"""A client's store: all that somebody may see, kept by id, first from a query and from then on from the feed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from graphql_api.schema import CORE_SCHEMA
from models.actors import Role
from resolvers.access import PERMITTED
from tests.access.documents import ROOTS
from tests.access.test_permitted import snake

Fields = dict[str, Any]

# Fields that no store keeps, and why.
NOT_KEPT: Mapping[str, str] = {
    "SlaClock.remainingSeconds": "It passes by itself; `dueAt` is kept.",
    "SlaClock.explanation": "How a clock came to stand so is asked for when somebody wants to know.",
    "ApiToken.lastUsedAt": "Every request is a use; that is not told to everybody.",
    "SavedView.count": "It is counted from the tickets, which are kept.",
    "CannedResponse.usage": "A report over a time that the client names.",
    "SupportSettings.supportTickets": "A meter, which every ticket moves; it is read where it is shown.",
}
# Queries of which no store is made, and why.
NOT_LISTED: Mapping[str, str] = {
    "events": "The log itself.",
    "feedCursor": "Where the log stands.",
    "outbox": "Files of a demonstration.",
    "eventsExport": "The log itself, as a file.",
    "slaCompliance": "A report over a time that the client names.",
    "searchArticles": "An answer to a question.",
    "slaPolicyImpact": "What if.",
    "businessCalendarImpact": "What if.",
    "node": "One of what is listed.",
    "nodes": "Some of what is listed.",
    "ticket": "One of what is listed.",
    "ticketByNumber": "One of what is listed.",
}
# What is in each list.
LISTS: Mapping[str, str] = {
    "tickets": "Ticket",
    "cannedResponses": "CannedResponse",
    "articles": "Article",
    "users": "User",
    "suggestions": "Suggestion",
    "satisfactionRatings": "Satisfaction",
    "categories": "Category",
    "apiTokens": "ApiToken",
    "slaPolicies": "SlaPolicy",
    "businessCalendars": "BusinessCalendar",
    "deadLetters": "DeadLetter",
    "notifications": "Notification",
    "savedViews": "SavedView",
    "tags": "Tag",
}
# Lists that don't show all that is kept, and what they show.
SHOWN_IF: Mapping[str, Callable[[Fields], bool]] = {
    "ApiToken": lambda token: token["revokedAt"] is None,
    "DeadLetter": lambda letter: letter["status"] == "DEAD",
    "Tag": lambda tag: tag["ticketCount"] > 0,
}
SINGLE = ("viewer", "supportSettings")
# What is kept of a ticket's lists.
OF_TICKETS = {"messages": "Message", "suggestions": "Suggestion", "mails": "Mail"}


@dataclass(frozen=True)
class Ref:
    """Something that is kept by itself."""

    key: str


@dataclass
class Store:
    """What a client keeps: each thing once, by its id. What is `outdated` has to be fetched afresh."""

    role: Role
    cursor: str = ""
    things: dict[str, Fields] = field(default_factory=dict)
    outdated: bool = False
    gone: set[str] = field(default_factory=set)

    def keep(self, value: Any) -> Any:
        """A value of an answer with everything that has an id kept by itself."""
        if isinstance(value, list):
            return [self.keep(each) for each in value]
        if not isinstance(value, dict):
            return value
        fields = {name: self.keep(each) for name, each in value.items()}
        if "id" not in value or value["__typename"] not in NODES:
            return fields
        key = f"{value['__typename']}:{value['id']}"
        # What is on a ticket is kept by itself; which ticket it is on says each.
        kept = {name: each for name, each in fields.items() if name not in OF_TICKETS}
        self.things.setdefault(key, {}).update(kept)
        return Ref(key)

    def take(self, event: Mapping[str, Any]) -> None:
        """Bring the store up to date with an event."""
        kind = CORE_SCHEMA.type_map[event["__typename"]]
        assert isinstance(kind, GraphQLObjectType)
        told: Fields = {name.removeprefix(f"{kind.name}_"): value for name, value in event.items()}
        self.cursor = told["cursor"]
        for name, value in told.items():
            self.keep(value)
            if name.endswith("Id") and value and told.get(name[:-2], self) is None:
                self.forget(f"{get_named_type(kind.fields[name[:-2]].type).name}:{value}")
        self._take_own(told)

    def forget(self, key: str) -> None:
        """Whatever still refers to it shows nothing in its place."""
        self.things.pop(key, None)
        self.gone.add(key)

    def _take_own(self, told: Mapping[str, Any]) -> None:
        """What events say of what there is one of, and of the viewer."""
        match told["__typename"]:
            case "MemberChanged":
                # Texts are gone from wherever they stood; the event can't name each.
                self.outdated |= told["change"] == "ERASED"
                # Who has another role sees other things from the next event on.
                about_viewer = self.things["viewer"]["user"] == self.keep(told["member"])
                self.outdated |= about_viewer and told["role"] != self.things["viewer"]["role"]
            case "SettingsChanged":
                self.things["supportSettings"] = self.keep(told["settings"])
            case "PreferencesChanged":
                self.things["viewer"]["preferences"] = told["preferences"]
            case "NotificationAdded" | "NotificationsRead":
                self.things["viewer"]["unreadNotifications"] = told["unread"]
        if told.get("everything"):
            for key in self.listed("Notification"):
                self.things[key]["readAt"] = self.things[key]["readAt"] or told["occurredAt"]

    def shown(self, value: Any) -> Any:
        """A kept value as it is shown: without what is gone."""
        if isinstance(value, list):
            return [self.shown(each) for each in value if not (isinstance(each, Ref) and each.key in self.gone)]
        if isinstance(value, dict):
            return {name: self.shown(each) for name, each in value.items()}
        return None if isinstance(value, Ref) and value.key in self.gone else value

    def listed(self, kind: str) -> set[str]:
        """The things of a kind that its list shows."""
        is_shown = SHOWN_IF.get(kind, lambda _fields: True)
        return {key for key, fields in self.things.items() if key.startswith(f"{kind}:") and is_shown(fields)}


def differences(kept: Store, fresh: Store) -> Iterator[tuple[str, str]]:
    """What a store that followed the feed shows otherwise than one that was just fetched, and what is the matter."""
    for key, fields in fresh.things.items():
        if key not in kept.things:
            yield key, "missing"
            continue
        for name, value in fields.items():
            shown = kept.shown(kept.things[key].get(name, "nothing"))
            if shown != value:
                yield key, f"{name} is {shown!r} and not {value!r}"
    for kind in _listed_for(fresh.role):
        yield from ((key, "still there") for key in kept.listed(kind) - fresh.listed(kind))


def _listed_for(role: Role) -> Iterator[str]:
    """What somebody in the role has lists of."""
    for name, kind in LISTS.items():
        # A customer's list of people is the customer; others are met where they wrote something.
        if role in PERMITTED[snake(name)] and (name, role) != ("users", Role.CUSTOMER):
            yield kind
    yield "Message"
    yield "Mail"


def fetched(role: Role, data: Mapping[str, Any]) -> Store:
    """The store that a snapshot makes."""
    store = Store(role, data["feedCursor"])
    for name in SINGLE:
        if name in data:
            store.things[name] = store.keep(data[name])
    for name in LISTS:
        if name in data:
            store.keep(data[name])
    return store


def _nodes() -> frozenset[str]:
    node = CORE_SCHEMA.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType)
    return frozenset(kind.name for kind in CORE_SCHEMA.get_possible_types(node))


NODES = _nodes()


@cache
def snapshot_of(role: Role) -> str:
    """A query of all that somebody in the role may see and keep."""
    root = ROOTS["query"]
    parts = ["feedCursor"]
    for name in SINGLE:
        if role in PERMITTED[snake(name)]:
            parts.append(f"{name} {_value(_object(root.fields[name]), 3)}")
    for name, kind in LISTS.items():
        if role not in PERMITTED[snake(name)]:
            continue
        inside = f"...Whole{kind}"
        if kind == "Ticket":
            inside += "".join(f" {each}(first: 100) {{ nodes {{ ...Whole{of} }} }}" for each, of in OF_TICKETS.items())
        paged = "first" in root.fields[name].args
        parts.append(f"{name}(first: 100) {{ nodes {{ {inside} }} }}" if paged else f"{name} {{ {inside} }}")
    return _with_fragments(f"query {{ {' '.join(parts)} }}")


@cache
def following() -> str:
    """A subscription to everything, each event with all that it carries."""
    item = CORE_SCHEMA.type_map["FeedItem"]
    event = CORE_SCHEMA.type_map["Event"]
    assert isinstance(item, GraphQLInterfaceType)
    assert isinstance(event, GraphQLInterfaceType)
    parts = ["__typename", "cursor", "... on Event { occurredAt actor { ...LeavesUser } ticket { ...WholeTicket } }"]
    for kind in CORE_SCHEMA.get_possible_types(item):
        own = [(name, each) for name, each in kind.fields.items() if name not in event.fields]
        if own:
            inside = " ".join(f"{kind.name}_{name}: {name} {_inside(each, 'Whole', 3)}" for name, each in own)
            parts.append(f"... on {kind.name} {{ {inside} }}")
    return _with_fragments(f"subscription($after: Cursor) {{ feed(after: $after) {{ {' '.join(parts)} }} }}")


def _with_fragments(text: str) -> str:
    """A document with the fragments that it uses, directly or by others."""
    fragments = {f"{size}{name}": _fragment(name, size) for name in sorted(NODES) for size in ("Leaves", "Whole")}
    used: list[str] = []
    waiting = [text]
    while waiting:
        body = waiting.pop()
        for name in fragments:
            if f"...{name} " in body and name not in used:
                used.append(name)
                waiting.append(fragments[name])
    return "\n".join([text, *(fragments[name] for name in used)])


def _fragment(name: str, size: str) -> str:
    kind = CORE_SCHEMA.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    return f"fragment {size}{name} on {name} {_fields(kind, 'Leaves', 3 if size == 'Whole' else 1)}"


def _fields(kind: GraphQLObjectType, size: str, depth: int) -> str:
    """All fields of a type, each with what it carries."""
    parts = ["__typename"]
    for name, each in kind.fields.items():
        if f"{kind.name}.{name}" in NOT_KEPT or any(is_required_argument(given) for given in each.args.values()):
            continue
        if is_leaf_type(get_named_type(each.type)):
            parts.append(name)
        elif depth > 1 and "first" not in each.args:
            parts.append(f"{name} {_inside(each, size, depth - 1)}")
    return f"{{ {' '.join(parts)} }}"


def _inside(declared: GraphQLField, size: str, depth: int) -> str:
    kind = get_named_type(declared.type)
    if is_leaf_type(kind):
        return ""
    if kind.name in NODES:
        return f"{{ ...{size}{kind.name} }}"
    return _value(kind, depth)


def _value(kind: Any, depth: int) -> str:
    return _fields(kind, "Leaves", depth)


def _object(declared: GraphQLField) -> Any:
    kind = declared.type
    while isinstance(kind, GraphQLNonNull | GraphQLList):
        kind = kind.of_type
    return kind
