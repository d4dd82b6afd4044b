"""The page that brings a ticket back: a button, and room for what is still missing."""

from __future__ import annotations

from starlette.responses import Response

from graphql_api.portal.forms import INVALID, VALID, form_of, text_in
from graphql_api.portal.markup import NOTHING, Markup, filled, page
from graphql_api.portal.visits import Visit
from graphql_api.portal.words import Words, words_of
from models.errors import TransitionNotAllowed
from models.lifecycle import FINISHED
from resolvers.messages import NewMessage, add_message
from resolvers.surveys import Survey, holder_of, survey
from resolvers.throttle import count_link
from resolvers.tickets import reopen_ticket

MESSAGE_LIMIT = 5_000

_TEXT = """<p class="subject">$subject</p>
<p>$text</p>
"""
_FORM = """<p class="subject">$subject</p>
<p>$text</p>
<form method="post">
<label for="message">$label</label>
$wrong
<textarea id="message" name="message" rows="5" aria-describedby="limit$marks>
$message</textarea>
<p class="hint" id="limit">$limit</p>
<button class="main">$button</button>
</form>
"""
_WRONG = '<p class="wrong" role="alert" id="wrong">$text</p>'


async def show_reopening(visit: Visit) -> Response:
    """Reopen the ticket, where the button was pressed, or show how it stands."""
    ticket_id, resolution_id = visit.link.ids
    database = visit.services.database
    if visit.posted:
        message = text_in(await form_of(visit.head, visit.request.receive), "message")
        await count_link(database, visit.link)
    holder = await holder_of(database, visit.link)
    shown = await survey(holder, ticket_id, resolution_id)
    if not visit.posted or not shown.may_reopen:
        return _page(shown)
    if len(message) > MESSAGE_LIMIT:
        return _page(shown, refused=message)
    try:
        # A message brings the ticket back by itself.
        if message:
            await add_message(holder, NewMessage(ticket_id, body=message))
        else:
            await reopen_ticket(holder, ticket_id)
    except TransitionNotAllowed:
        # Somebody was faster, perhaps the second click of two.
        return _page(await survey(holder, ticket_id, resolution_id))
    return visit.again()


def _page(shown: Survey, refused: str | None = None) -> Response:
    """How the ticket stands, and the button where it may come back; `refused` is a message that was too long."""
    words = words_of(shown.locale)
    if shown.may_reopen:
        title, content = words.reopen_title, _form(words, shown, refused)
    elif shown.ticket_status in FINISHED:
        title, content = words.too_late_title, _said(shown, words.too_late_text)
    else:
        title, content = words.open_title, _said(shown, words.open_text)
    title = title.format(number=shown.ticket_number)
    return page(words.language, shown.organization_name, title, content, 422 if refused else 200)


def _said(shown: Survey, text: str) -> Markup:
    return filled(_TEXT, subject=shown.ticket_subject, text=text)


def _form(words: Words, shown: Survey, refused: str | None) -> Markup:
    limit = words.number(MESSAGE_LIMIT)
    return filled(
        _FORM,
        subject=shown.ticket_subject,
        text=words.reopen_text,
        label=words.missing,
        wrong=filled(_WRONG, text=words.too_long.format(limit=limit)) if refused else NOTHING,
        marks=INVALID if refused else VALID,
        message=refused or "",
        limit=words.limit.format(limit=limit),
        button=words.reopen,
    )
