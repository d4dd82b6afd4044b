"""The letters: one function for each kind makes it from what it tells. Nothing here reads or sends anything."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from models.mail import MailKind
from models.sla import SlaClockKind
from resolvers.correspondence import Correspondence, Recipient, Sender
from resolvers.digests import Digest
from resolvers.notifying import NoticeMail
from tasks.mail.templates import LOCALES, Html, template, words


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it has an envelope. `unsubscribe_url` turns off what it is one of, where that can be had."""

    kind: MailKind
    sender: Sender
    recipient: Recipient
    ticket_id: UUID | None
    subject: str
    html: str
    text: str
    unsubscribe_url: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A public message as its author wrote it (Markdown), and as HTML that is safe to show."""

    text: str
    html: str


def letter(
    kind: MailKind,
    sender: Sender,
    recipient: Recipient,
    values: Mapping[str, object],
    *,
    ticket_id: UUID | None = None,
    unsubscribe_url: str | None = None,
) -> Letter:
    """A letter of any kind: its template in the organization's language, filled with these values."""
    locale = locale_of(sender)
    wording = template(kind, locale)
    known = {
        "locale": locale,
        "organization": one_line(sender.name),
        "name": one_line(recipient.name),
        "unsubscribe_url": unsubscribe_url,
        **values,
    }
    subject = one_line(wording.subject.render(known))
    known["title"] = subject
    return Letter(
        kind,
        sender,
        recipient,
        ticket_id,
        subject,
        wording.html.render(known),
        wording.text.render(known),
        unsubscribe_url,
    )


def ticket_confirmation(ticket: Correspondence) -> Letter:
    """To whoever has asked: it has arrived. What they wrote is not repeated, or strangers could have us send it."""
    return about(MailKind.TICKET_CONFIRMATION, ticket, {})


def agent_reply(ticket: Correspondence, answer: Answer) -> Letter:
    """To whoever has asked: what an agent or the AI has answered. It tells no agent's name."""
    return about(MailKind.AGENT_REPLY, ticket, _quoted(answer))


def ticket_resolved(ticket: Correspondence, answer: Answer | None, reopen_url: str, survey_url: str | None) -> Letter:
    """To whoever has asked: it is resolved, with the answer that came with it, and how to say that it is not; where
    there is a survey already, with that."""
    choices = _choices(ticket.sender, survey_url) if survey_url else []
    values = {**_quoted(answer), "reopen_url": reopen_url, "choices": choices}
    return about(MailKind.TICKET_RESOLVED, ticket, values)


def satisfaction_survey(ticket: Correspondence, survey_url: str) -> Letter:
    """To whoever has asked: how they liked the resolution."""
    return about(MailKind.SATISFACTION_SURVEY, ticket, {"choices": _choices(ticket.sender, survey_url)})


def _choices(sender: Sender, url: str) -> list[Mapping[str, object]]:
    """The five answers, each a link. Opening one says nothing yet, for scanners open all of them."""
    scale = words(locale_of(sender))["common"]["scale"]
    return [{"rating": rating, "word": word, "url": f"{url}?rating={rating}"} for rating, word in enumerate(scale, 1)]


def _quoted(answer: Answer | None) -> Mapping[str, object]:
    if answer is None:
        return {"message": "", "message_html": ""}
    return {"message": answer.text, "message_html": Html(answer.html)}


def alert(kind: MailKind, ticket: Correspondence, clock: SlaClockKind, due_at: datetime | None, at: datetime) -> Letter:
    """To those who look after a ticket: one of its clocks is about to run out, or has."""
    known = words(locale_of(ticket.sender))["clocks"][clock.value]
    times = {"due": spelled(due_at or at, ticket.sender), "at": spelled(at, ticket.sender)}
    return about(kind, ticket, {"clock": known, **times})


def notice(mail: NoticeMail) -> Letter:
    """To a member: what was done with a ticket. By whom, and what they wrote, is read in the helpdesk only."""
    return about(MailKind(mail.kind.value), mail.ticket, {})


def digest(told: Digest, unsubscribe_url: str) -> Letter:
    """To a member: what happened to which tickets since they last looked."""
    happenings = words(locale_of(told.sender))["happenings"]
    entries = [
        {
            "number": entry.number,
            "subject": one_line(entry.subject),
            "happened": ", ".join(
                happenings[kind.value] + (f" (×{many})" if many > 1 else "") for kind, many in entry.happened.items()
            ),
        }
        for entry in told.entries
    ]
    values = {"tickets": len(entries) + told.more, "entries": entries, "more": told.more}
    return letter(MailKind.DIGEST, told.sender, told.recipient, values, unsubscribe_url=unsubscribe_url)


def about(kind: MailKind, ticket: Correspondence, values: Mapping[str, object]) -> Letter:
    """A letter about a ticket."""
    told = {"number": ticket.number, "subject": one_line(ticket.subject), **values}
    return letter(kind, ticket.sender, ticket.recipient, told, ticket_id=ticket.ticket_id)


def locale_of(sender: Sender) -> str:
    """The language of an organization's mail, English where it has none that we know."""
    language = sender.locale.partition("-")[0].lower()
    return language if language in LOCALES else LOCALES[0]


def spelled(instant: datetime, sender: Sender) -> str:
    """An instant in the organization's language and time zone."""
    local = instant.astimezone(ZoneInfo(sender.timezone))
    common = words(locale_of(sender))["common"]
    shown: str = common["instant"].format(
        day=local.day,
        month=common["months"][local.month - 1],
        year=local.year,
        time=f"{local:%H:%M}",
        zone=f"{local:%Z}",
    )
    return shown


# Marks that turn the direction of what follows, by which one name can look like another.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def one_line(text: str) -> str:
    """Text as it may stand in a header: one line without control characters."""
    joined = " ".join(text.split())
    return "".join(sign for sign in joined if unicodedata.category(sign) != "Cc" and sign not in _TURNS)
