"""Whom a message mentions: @ and a name"""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.fields import new_id
from resolvers.mentions import MENTIONS_LIMIT, Mentionable, mentioned

MIRA, MIRA_LANG, ANNA, ANNA_LENA, JOSE, OZ = (
    Mentionable(new_id(), name) for name in ("Mira Ott", "Mira Lang", "Anna", "Anna Lena Graf", "José Peña", "Öz Gül")
)
TEAM = [MIRA, MIRA_LANG, ANNA, ANNA_LENA, JOSE, OZ]


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("@Mira Lang, please", [MIRA_LANG]),
        ("please, @MIRA lang!", [MIRA_LANG]),
        ("@Mira  Lang", [MIRA_LANG]),
        ("@mira", []),
        ("@Mira\nLang will look", []),
        ("@Anna Lena Graf", [ANNA_LENA]),
        ("@Anna Lena Grafinger", [ANNA]),
        ("@Anna Lena", [ANNA]),
        ("@anna's turn", [ANNA]),
        ("(@José)", [JOSE]),
        ("@Jose\u0301 Pen\u0303a", [JOSE]),
        ("@Jose", []),
        ("@öz, @ÖZ GÜL and @Anna", [OZ, ANNA]),
        ("@Anna @José @Anna", [ANNA, JOSE]),
        ("ask anna@anna.example.test", []),
        ("@anna.example.test", []),
        ("@anna-maria", []),
        ("@anna_", []),
        ("@annabel", []),
        ("@anna@example.test", []),
        ("Thanks @Anna.", [ANNA]),
        ("Thanks @Anna. Bye", [ANNA]),
        ("Thanks @Anna... bye", [ANNA]),
        ("@Anna - please", [ANNA]),
        ("@", []),
        ("@ Anna", []),
        ("@@Anna", [ANNA]),
        ("Anna", []),
    ],
)
def test_a_name_behind_an_at(text: str, meant: list[Mentionable]) -> None:
    assert mentioned(text, TEAM) == [each.id for each in meant]


def test_those_who_share_a_full_name_are_meant_together() -> None:
    twin = Mentionable(new_id(), "mira lang")

    assert mentioned("@Mira Lang", [MIRA_LANG, MIRA, twin]) == [MIRA_LANG.id, twin.id]


def test_a_mention_of_oneself_takes_nobodys_place() -> None:
    many = [Mentionable(new_id(), f"Nr{number} Person") for number in range(MENTIONS_LIMIT + 5)]
    text = " ".join(f"@{each.name}" for each in many)

    assert mentioned(text, many) == [each.id for each in many[:MENTIONS_LIMIT]]
    assert mentioned(text, many, without=many[0].id) == [each.id for each in many[1 : MENTIONS_LIMIT + 1]]


WORDS = st.sampled_from(["Ann", "ANN", "anna", "Lena", "Straße", "STRASSE", "o'Neil", "Jean-Luc", "Jean", "Dr.", "O"])
NAMES = st.lists(WORDS, min_size=1, max_size=3).map(" ".join)
PEOPLE = st.lists(NAMES, max_size=6).map(lambda names: [Mentionable(new_id(), name) for name in names])
TEXTS = st.lists(
    st.one_of(WORDS, st.sampled_from(["@", " ", "  ", "\n", ".", ",", "-", "'", "_", "x", "7", "\u0301"]), NAMES),
    max_size=25,
).map("".join)


def oracle(text: str, members: list[Mentionable]) -> list[UUID]:
    """The same by regular expressions: for each @ the longest name that fits there."""
    plain = re.sub(r"[^\S\n]+", " ", text.casefold())
    names: dict[str, list[UUID]] = {}
    firsts = [each.name.casefold().split(" ")[0] for each in members]
    for each, first in zip(members, firsts, strict=True):
        if firsts.count(first) == 1:
            names[first] = [each.id]
    for each in members:
        full = each.name.casefold()
        names[full] = [other.id for other in members if other.name.casefold() == full]
    found: list[UUID] = []
    word = r"[\w\u0301]"
    for at in re.finditer(rf"(?<!{word})@", plain):
        fitting = [
            name for name in names if re.compile(rf"{re.escape(name)}(?!{word})(?![-.@]{word})").match(plain, at.end())
        ]
        if fitting:
            found += [key for key in names[max(fitting, key=len)] if key not in found]
    return found


@settings(max_examples=400, deadline=None)
@given(TEXTS, PEOPLE)
def test_the_longest_name_that_fits_is_meant(text: str, members: list[Mentionable]) -> None:
    assert mentioned(text, members) == oracle(text, members)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.lists(st.text(max_size=20), max_size=8))
def test_no_text_and_no_name_is_too_strange(text: str, names: list[str]) -> None:
    members = [Mentionable(new_id(), name) for name in names]
    wordy = f"{text} @{names[0] if names else ''} {text}"

    found = mentioned(wordy, members)

    assert len(found) == len({*found}) <= MENTIONS_LIMIT
    assert {*found} <= {each.id for each in members}
    assert mentioned(text.replace("@", ""), members) == []


@settings(max_examples=200, deadline=None)
@given(NAMES, st.sampled_from(["", " ", ",", ".", "!", ")", "\n", ": ", "'s"]))
def test_whoever_has_a_name_alone_is_meant_by_it_in_any_case(name: str, after: str) -> None:
    member = Mentionable(new_id(), name)

    for spelled in (name, name.lower(), name.upper()):
        assert mentioned(f"Hello (@{spelled}{after}", [member]) == [member.id]
