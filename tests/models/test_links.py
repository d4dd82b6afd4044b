"""Signed links: good for one purpose, for a time, and for nobody who makes one up"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.house import signed_links
from models.fields import new_id
from models.links import BadLink, Link, LinkPurpose, Links
from models.settings import Settings

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(days=30)
LINKS = Links("a secret", "https://help.example.test")
EACH = (
    Link.to_rate(new_id(), new_id(), new_id(), LATER),
    Link.to_reopen(new_id(), new_id(), new_id(), LATER),
    Link.to_unsubscribe(new_id(), new_id(), LATER),
)


@pytest.mark.parametrize("link", EACH, ids=lambda link: link.purpose.value)
def test_a_link_is_opened_as_it_was_made(link: Link) -> None:
    assert LINKS.open(link.purpose, LINKS.sign(link), NOW) == link
    assert LINKS.address(link) == f"https://help.example.test/{link.purpose.value}/{LINKS.sign(link)}"


@pytest.mark.parametrize("link", EACH, ids=lambda link: link.purpose.value)
def test_it_opens_nothing_else(link: Link) -> None:
    for other in set(LinkPurpose) - {link.purpose}:
        with pytest.raises(BadLink, match=r"This link is not valid, or no longer\."):
            LINKS.open(other, LINKS.sign(link), NOW)


def test_it_is_good_until_it_expires() -> None:
    link = EACH[0]
    assert LINKS.open(link.purpose, LINKS.sign(link), LATER - timedelta(seconds=1)) == link
    with pytest.raises(BadLink):
        LINKS.open(link.purpose, LINKS.sign(link), LATER)


def test_every_changed_bit_is_noticed() -> None:
    token = LINKS.sign(EACH[0])
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for at, letter in enumerate(token):
        for bit in range(6):
            changed = token[:at] + alphabet[alphabet.index(letter) ^ 1 << bit] + token[at + 1 :]
            with pytest.raises(BadLink):
                LINKS.open(EACH[0].purpose, changed, NOW)


def test_another_secret_opens_none() -> None:
    with pytest.raises(BadLink):
        Links("another secret", "").open(EACH[0].purpose, LINKS.sign(EACH[0]), NOW)


@pytest.mark.parametrize("link", EACH, ids=lambda link: link.purpose.value)
def test_what_the_previous_secret_made_is_opened_and_no_more_of_it_made(link: Link) -> None:
    given = {"HELPDESK_SECRET": "another secret", "HELPDESK_SECRET_PREVIOUS": "a secret"}
    rotated = signed_links(Settings.from_environment(given))

    assert rotated.open(link.purpose, LINKS.sign(link), NOW) == link
    assert rotated.sign(link) == Links("another secret", "").sign(link)
    with pytest.raises(BadLink):
        Links("a third secret", "", "another secret").open(link.purpose, LINKS.sign(link), NOW)


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.text(max_size=200), st.binary(max_size=150).map(lambda raw: raw.hex())))
def test_what_is_made_up_is_no_link(text: str) -> None:
    with pytest.raises(BadLink):
        LINKS.open(LinkPurpose.SURVEY, text, NOW)


@pytest.mark.parametrize("spelling", ["{}=", "{}==", " {}", "{}\n", "{}A", "{}."])
def test_a_token_has_one_spelling(spelling: str) -> None:
    with pytest.raises(BadLink):
        LINKS.open(EACH[0].purpose, spelling.format(LINKS.sign(EACH[0])), NOW)


def test_a_link_of_another_shape_is_not_signed() -> None:
    with pytest.raises(ValueError, match="carries 1 ids"):
        LINKS.sign(Link(LinkPurpose.UNSUBSCRIBE, new_id(), (new_id(), new_id()), LATER))
