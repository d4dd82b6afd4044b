"""The survey's page: five answers, each one click; then a comment, a change of mind, and the way back to the team."""

from __future__ import annotations

from starlette.responses import Response

from graphql_api.portal.forms import INVALID, VALID, form_of, text_in
from graphql_api.portal.markup import NOTHING, Markup, filled, joined, page
from graphql_api.portal.visits import Visit
from graphql_api.portal.words import Words, words_of
from models.errors import AlreadyDecided
from models.links import Link
from resolvers.patches import KEEP
from resolvers.satisfaction import COMMENT_LIMIT, Rating
from resolvers.surveys import Given, Survey, answer_survey, holder_of, survey

_RATINGS = {str(rating): rating for rating in range(1, 6)}

_CHOICE = """<button name="rating" value="$rating"$marks><span class="number">$rating</span> <span>$word</span></button>
"""
_SCALE = """<form method="post">
<fieldset>
<legend>$question</legend>
$hint
<div class="scale">
$choices</div>
</fieldset>
</form>
"""
_SUBJECT = '<p class="subject">$subject</p>\n'
_HINT = "<p>$text</p>"
_WRONG = '<p class="wrong" role="alert" id="wrong">$text</p>'
_COMMENT = """<section>
<form method="post">
<input type="hidden" name="rating" value="$rating">
<label for="comment">$label</label>
$told
<textarea id="comment" name="comment" rows="4" aria-describedby="limit$marks>
$comment</textarea>
<p class="hint" id="limit">$limit</p>
<button class="main">$send</button>
</form>
</section>
"""
_CHANGE = """<section>
<details$open>
<summary>$change</summary>
<p class="hint">$until</p>
$scale</details>
</section>
"""
_REOPEN = """<section>
<h2>$title</h2>
<p>$text</p>
<form method="post" action="../reopen/$token">
<button>$button</button>
</form>
</section>
"""


async def show_survey(visit: Visit) -> Response:
    """Take an answer, where one was sent, or show what there is to answer."""
    services, (ticket_id, resolution_id) = visit.services, visit.link.ids
    if not visit.posted:
        shown = await survey(await holder_of(services.database, visit.link), ticket_id, resolution_id)
        return _page(visit, shown, _RATINGS.get(visit.request.query_params.get("rating", "")))
    fields = await form_of(visit.head, visit.request.receive)
    rating = _RATINGS.get(fields.get("rating", ""))
    comment = text_in(fields, "comment") if "comment" in fields else KEEP
    if rating is None or (comment is not KEEP and len(comment) > COMMENT_LIMIT):
        shown = await survey(await holder_of(services.database, visit.link), ticket_id, resolution_id)
        return _page(visit, shown, rating, refused="" if comment is KEEP else comment)
    try:
        await answer_survey(services.database, services.links, visit.token, Rating(rating, comment))
    except AlreadyDecided:
        shown = await survey(await holder_of(services.database, visit.link), ticket_id, resolution_id)
        return _page(visit, shown, None, status=409)
    return visit.again()


def _page(
    visit: Visit, shown: Survey, suggested: int | None, *, refused: str | None = None, status: int = 200
) -> Response:
    """The survey as it stands; `refused` is a comment that was too long, or nothing where no answer was chosen."""
    words = words_of(shown.locale)
    if shown.given is None:
        title, content = words.ask, _unanswered(words, shown, suggested, missing=refused is not None)
    else:
        now = visit.services.database.now()
        title = words.thanks
        content = _answered(words, shown, shown.given, suggested, refused, final=now > shown.given.changeable_until)
    content = joined((content, _way_back(visit, words, shown)))
    return page(words.language, shown.organization_name, title, content, 422 if refused is not None else status)


def _unanswered(words: Words, shown: Survey, suggested: int | None, *, missing: bool) -> Markup:
    hint = NOTHING
    if missing:
        hint = filled(_WRONG, text=words.not_rated)
    elif suggested is not None:
        hint = filled(_HINT, text=words.chosen.format(rating=suggested, word=words.scale[suggested - 1]))
    question = words.question.format(number=shown.ticket_number)
    return joined(
        (filled(_SUBJECT, subject=shown.ticket_subject), _scale(words, question, hint, suggested, focused=True))
    )


def _answered(
    words: Words, shown: Survey, given: Given, suggested: int | None, refused: str | None, *, final: bool
) -> Markup:
    word = words.scale[given.rating - 1]
    rated = words.rated.format(number=shown.ticket_number, rating=given.rating, word=word)
    parts = [filled(_HINT, text=rated), filled(_SUBJECT, subject=shown.ticket_subject)]
    if final:
        day = words.day(given.at, shown.timezone)
        return joined((*parts, filled('<p class="hint">$text</p>', text=words.final.format(day=day))))
    other = suggested is not None and suggested != given.rating
    question = words.question.format(number=shown.ticket_number)
    hint = (
        filled(_HINT, text=words.chosen.format(rating=suggested, word=words.scale[suggested - 1]))
        if other and suggested
        else NOTHING
    )
    change = filled(
        _CHANGE,
        open=Markup(" open") if other else NOTHING,
        change=words.change,
        until=words.until.format(day=words.day(given.changeable_until, shown.timezone)),
        scale=_scale(words, question, hint, suggested if other else given.rating, focused=other),
    )
    comment = _comment(words, given, refused)
    return joined((*parts, change, comment) if other else (*parts, comment, change))


def _scale(words: Words, question: str, hint: Markup, chosen: int | None, *, focused: bool) -> Markup:
    choices = (
        filled(
            _CHOICE,
            rating=rating,
            word=word,
            marks=(
                Markup(' class="chosen" autofocus' if focused else ' class="chosen"') if rating == chosen else NOTHING
            ),
        )
        for rating, word in enumerate(words.scale, 1)
    )
    return filled(_SCALE, question=question, hint=hint, choices=joined(choices))


def _comment(words: Words, given: Given, refused: str | None) -> Markup:
    limit = words.number(COMMENT_LIMIT)
    told = NOTHING
    if refused:
        told = filled(_WRONG, text=words.too_long.format(limit=limit))
    elif given.comment:
        told = filled(_HINT, text=words.added)
    return filled(
        _COMMENT,
        rating=given.rating,
        label=words.add,
        told=told,
        marks=INVALID if refused else VALID,
        comment=refused or given.comment or "",
        limit=words.limit.format(limit=limit),
        send=words.send_again if given.comment else words.send,
    )


def _way_back(visit: Visit, words: Words, shown: Survey) -> Markup:
    """The offer to reopen the ticket, where it is one."""
    if not shown.may_reopen:
        return NOTHING
    ticket_id, resolution_id = visit.link.ids
    link = Link.to_reopen(visit.link.organization_id, ticket_id, resolution_id, visit.link.expires_at)
    return filled(
        _REOPEN,
        title=words.unsolved,
        text=words.unsolved_text,
        token=visit.services.links.sign(link),
        button=words.reopen,
    )
