"""What pages say, in each language that the helpdesk writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_ENGLISH_MONTHS = "January February March April May June July August September October November December"
_GERMAN_MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences of one language; what stands in braces is filled in."""

    language: str
    months: str
    date: str
    thousands: str
    # The survey.
    ask: str
    question: str
    scale: tuple[str, ...]
    chosen: str
    thanks: str
    rated: str
    add: str
    added: str
    limit: str
    send: str
    send_again: str
    change: str
    until: str
    final: str
    # Reopening.
    unsolved: str
    unsolved_text: str
    reopen: str
    reopen_title: str
    reopen_text: str
    missing: str
    open_title: str
    open_text: str
    too_late_title: str
    too_late_text: str
    # The daily digest.
    digest_title: str
    digest_text: str
    digest_stop: str
    digest_off_title: str
    digest_off_text: str
    # Refusals.
    bad_link: str
    bad_link_text: str
    not_rated: str
    too_long: str
    too_often: str
    too_often_text: str
    unreadable: str
    unreadable_text: str
    later: str
    later_text: str

    def number(self, value: int) -> str:
        """A number with its thousands apart."""
        return f"{value:,}".replace(",", self.thousands)

    def day(self, instant: datetime, timezone: str) -> str:
        """The date of an instant, in a time zone."""
        there = instant.astimezone(ZoneInfo(timezone))
        return self.date.format(day=there.day, month=self.months.split()[there.month - 1], year=there.year)


ENGLISH = Words(
    language="en",
    months=_ENGLISH_MONTHS,
    date="{month} {day}, {year}",
    thousands=",",
    ask="How did we do?",
    question="How satisfied are you with how we resolved your request #{number}?",
    scale=("Very dissatisfied", "Dissatisfied", "Neutral", "Satisfied", "Very satisfied"),
    chosen="You chose {rating}, “{word}”. Press it to confirm, or choose another.",
    thanks="Thank you!",
    rated="You rated request #{number} with {rating} of 5: {word}.",
    add="Would you like to tell us more? (optional)",
    added="We have got your comment, thank you. You can still change it.",
    limit="At most {limit} characters.",
    send="Send comment",
    send_again="Change comment",
    change="Change your rating",
    until="You can change it until {day}.",
    final="It is from {day} and can’t be changed any more.",
    unsolved="Not solved after all?",
    unsolved_text="Reopen your request, and we look at it again.",
    reopen="Reopen the request",
    reopen_title="Reopen request #{number}?",
    reopen_text="Then it comes back to us, and we go on working on it.",
    missing="What is still missing? (optional)",
    open_title="Request #{number} is open",
    open_text="It is with us, and we will get back to you. There is nothing else to do here.",
    too_late_title="Request #{number} can’t be reopened any more",
    too_late_text="It was closed too long ago. Please write to us again, and we open a new one for you.",
    digest_title="Stop the daily digest?",
    digest_text="You get one mail a day about what you have not seen yet. Other mail is not changed by this.",
    digest_stop="Stop the digest",
    digest_off_title="You get no daily digest any more",
    digest_off_text="What it told of is still in the helpdesk. Your preferences there bring the digest back.",
    bad_link="This link doesn’t work",
    bad_link_text="It is incomplete, or too old by now. If you need our help, please answer our e-mail or write to us.",
    not_rated="Please choose one of the five.",
    too_long="This text is too long: at most {limit} characters, please.",
    too_often="That was a little too much at once",
    too_often_text="Please wait for a minute, then try again.",
    unreadable="This could not be read",
    unreadable_text="Please go back and try again.",
    later="Something went wrong on our side",
    later_text="Please try again in a minute.",
)
GERMAN = Words(
    language="de",
    months=_GERMAN_MONTHS,
    date="{day}. {month} {year}",
    thousands=".",
    ask="Wie zufrieden sind Sie?",
    question="Wie zufrieden sind Sie damit, wie wir Ihre Anfrage #{number} gelöst haben?",
    scale=("Sehr unzufrieden", "Unzufrieden", "Neutral", "Zufrieden", "Sehr zufrieden"),
    chosen="Sie haben {rating} gewählt, „{word}“. Klicken Sie darauf, um das zu bestätigen, oder wählen Sie anders.",
    thanks="Vielen Dank!",
    rated="Sie haben Anfrage #{number} mit {rating} von 5 bewertet: {word}.",
    add="Möchten Sie uns mehr dazu sagen? (freiwillig)",
    added="Ihr Kommentar ist angekommen, vielen Dank. Sie können ihn noch ändern.",
    limit="Höchstens {limit} Zeichen.",
    send="Kommentar senden",
    send_again="Kommentar ändern",
    change="Bewertung ändern",
    until="Das geht bis zum {day}.",
    final="Die Bewertung ist vom {day} und lässt sich nicht mehr ändern.",
    unsolved="Doch nicht gelöst?",
    unsolved_text="Öffnen Sie die Anfrage wieder, dann sehen wir sie uns noch einmal an.",
    reopen="Anfrage wieder öffnen",
    reopen_title="Anfrage #{number} wieder öffnen?",
    reopen_text="Sie kommt dann zu uns zurück, und wir arbeiten daran weiter.",
    missing="Was fehlt noch? (freiwillig)",
    open_title="Anfrage #{number} ist offen",
    open_text="Sie ist bei uns, und wir melden uns bei Ihnen. Hier gibt es sonst nichts zu tun.",
    too_late_title="Anfrage #{number} lässt sich nicht mehr öffnen",
    too_late_text="Sie wurde vor zu langer Zeit geschlossen. Bitte schreiben Sie uns, dann öffnen wir eine neue.",
    digest_title="Tägliche Übersicht abbestellen?",
    digest_text="Sie erhalten eine E-Mail am Tag zu dem, was Sie noch nicht gesehen haben. An anderer Post ändert sich"
    " hier nichts.",
    digest_stop="Übersicht abbestellen",
    digest_off_title="Sie erhalten keine tägliche Übersicht mehr",
    digest_off_text="Was darin stand, finden Sie weiterhin im Helpdesk. In Ihren Einstellungen dort bestellen Sie sie"
    " wieder.",
    bad_link="Dieser Link funktioniert nicht",
    bad_link_text="Er ist unvollständig oder inzwischen zu alt. Wenn Sie Hilfe brauchen, antworten Sie bitte auf unsere"
    " E-Mail oder schreiben Sie uns.",
    not_rated="Bitte wählen Sie eine der fünf Antworten.",
    too_long="Dieser Text ist zu lang: bitte höchstens {limit} Zeichen.",
    too_often="Das war etwas viel auf einmal",
    too_often_text="Bitte warten Sie eine Minute und versuchen Sie es dann noch einmal.",
    unreadable="Das war nicht zu lesen",
    unreadable_text="Bitte gehen Sie zurück und versuchen Sie es noch einmal.",
    later="Bei uns ist etwas schiefgegangen",
    later_text="Bitte versuchen Sie es in einer Minute noch einmal.",
)
WORDS: Mapping[str, Words] = {"en": ENGLISH, "de": GERMAN}


def words_of(locale: str) -> Words:
    """The words of an organization's locale."""
    return WORDS.get(locale, ENGLISH)


def words_for(accepted: str) -> Words:
    """The words for whoever sends this Accept-Language, where nobody knows whose page it is."""
    first = accepted.partition(",")[0].partition(";")[0].partition("-")[0].strip().lower()
    return WORDS.get(first, ENGLISH)
