"""After the closing: it is said, the postmortem is written, put into the channel, and published."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import structlog

from bot.closing import closing_message, word_postmortem
from bot.closing.ask_to_close import place_of
from bot.closing.compose_postmortem import compose
from bot.closing.desk import Wrapping, record_of
from bot.closing.ports import Publication
from bot.closing.postmortem.markdown import heading, markdown
from bot.closing.postmortem.review import with_review
from bot.closing.postmortem.roles import RESPONDER
from bot.domain.closing import Closing
from bot.domain.incident import Posted
from bot.domain.postmortem import Written
from bot.insist import OUTAGE_S, attempt
from bot.ports import ChatError
from integrations.contract import RoomError, Unreachable

log = structlog.get_logger(__name__)


async def say_closed(wrapping: Wrapping) -> bool:
    """Where it was proposed, else in a message of its own; once. Raises JournalDown."""
    return await attempt("closed", lambda: stand(wrapping), OUTAGE_S)


async def write(wrapping: Wrapping) -> bool:
    """The postmortem of this closing, once: written again it would be another text. Raises JournalDown."""
    closing, before = await wrapping.closing(), await written_of(wrapping)
    if closing is None or (before is not None and before.at >= closing.at):
        return closing is not None
    await wrapping.at.postmortems.write(await worded(wrapping, closing))
    return True


async def worded(wrapping: Wrapping, closing: Closing) -> Written:
    """A new text from the record as it is by now. Raises JournalDown."""
    now = wrapping.desk.clock.now()
    draft = await word_postmortem.worded(compose(await record_of(wrapping, closing)), wrapping.desk.consult)
    return Written(wrapping.incident_id, wrapping.opening, markdown(draft, now), now, draft.model)


async def post(wrapping: Wrapping) -> bool:
    """The file in the thread of the message that says it is closed. The same text is there once. Raises JournalDown."""
    return await attempt("postmortem", lambda: _post(wrapping), OUTAGE_S)


async def publish(wrapping: Wrapping) -> bool:
    """To where the team keeps postmortems; what it says of that stands in the channel. Raises JournalDown."""
    trouble = await _published(wrapping)
    if trouble is not None:
        _log(wrapping, trouble)
    await attempt("closed", lambda: stand(wrapping, trouble), OUTAGE_S)
    return trouble is None


async def stand_anew(wrapping: Wrapping) -> None:
    """What stands in the channel and beyond says what the record says by now; the one may fail without the other.

    What was refused for good is let be, once it is said. Raises Unreachable, ChatError, JournalDown.
    """
    trouble = await _published(wrapping)
    try:
        await _post(wrapping, trouble)
    except ChatError as problem:
        if isinstance(trouble, Unreachable):  # even where Slack's no is for good
            raise trouble from problem
        raise
    if isinstance(trouble, Unreachable):
        raise trouble
    if trouble is not None:
        _log(wrapping, trouble)


async def _published(wrapping: Wrapping) -> RoomError | None:
    """Why it could not be; None: it is, or it is not to be. One that was rejected is only put right where it is.

    An incident has one place there: once a later opening's stands in it, an earlier one's is in its thread alone.
    """
    written, publisher = await written_of(wrapping), wrapping.at.publisher
    if written is None or publisher is None or (written.review == "rejected" and not written.url):
        return None
    newest = await wrapping.at.postmortems.published(wrapping.incident_id)
    if newest is not None and newest.opening > written.opening:
        return None
    try:
        url = await publisher.publish(await publication(wrapping, written))
        await wrapping.at.postmortems.keep_url(wrapping.incident_id, wrapping.opening, url)
    except RoomError as problem:
        return problem
    return None


def _log(wrapping: Wrapping, trouble: RoomError) -> None:
    log.warning("a postmortem was not published", incident=wrapping.incident_id, problem=str(trouble))


async def remember(wrapping: Wrapping) -> bool:
    """What was learnt, for the next incident like it. Raises JournalDown."""
    if wrapping.at.remember is None:
        return False
    await wrapping.at.remember(wrapping.incident_id, wrapping.opening)
    return True


async def wrapped(wrapping: Wrapping) -> bool:
    """From here on nobody has to go on with it. Raises JournalDown."""
    await wrapping.at.closings.keep_wrapped(wrapping.incident_id, wrapping.opening)
    return True


async def written_of(wrapping: Wrapping) -> Written | None:
    return await wrapping.at.postmortems.written(wrapping.incident_id, wrapping.opening)


async def publication(wrapping: Wrapping, written: Written) -> Publication:
    incident = await wrapping.incident()
    title = heading(f"Postmortem {incident.id}: {incident.title} on {incident.service}")
    return Publication(incident.id, written.opening, title, await told(wrapping, written), f"{incident.opened_at:%Y}")


async def told(wrapping: Wrapping, written: Written) -> str:
    """Its text, with what people made of it; they are named only where postmortems name people."""
    names = await wrapping.at.names([written.reviewed_by]) if wrapping.at.names and written.reviewed_by else {}
    return with_review(written, names.get(written.reviewed_by, RESPONDER))


async def stand(wrapping: Wrapping, trouble: RoomError | None = None) -> Posted | None:
    """The message that says it is closed says what is known of that by now; where it stands is kept.

    Raises ChatError, JournalDown.
    """
    message = await _said(wrapping, trouble)
    if message is not None:
        await wrapping.at.postmortems.keep_message(wrapping.incident_id, wrapping.opening, message)
    return message


async def place(wrapping: Wrapping) -> Posted | None:
    """The message that says it is closed, its words left as they are: what it tells of a trouble is kept nowhere else.

    It is said now only where it is not known to stand. Raises ChatError, JournalDown.
    """
    written, channel = await written_of(wrapping), place_of(await wrapping.incident())
    if written is not None and written.message is not None and written.message.channel_id == channel:
        return written.message
    return await stand(wrapping)


async def _said(wrapping: Wrapping, trouble: RoomError | None) -> Posted | None:
    incident, closing = await wrapping.incident(), await wrapping.closing()
    channel = place_of(incident)
    if closing is None or channel is None:
        return None
    words = closing_message.closed(incident, closing, await written_of(wrapping), trouble)
    asked = await wrapping.at.closings.proposal(wrapping.incident_id, wrapping.opening)
    if asked is not None and asked.message is not None and not asked.kept_by:
        await wrapping.desk.chat.edit(asked.message, words)
        await wrapping.at.closings.settle(asked)
        return asked.message
    if incident.lead is not None:  # closed with that one, whose message says so, or without asking anybody
        return None
    key = wrapping.key("closed")
    found = await wrapping.desk.chat.find(channel, key)
    if found is None:
        return await wrapping.desk.chat.post(channel, words, key=key)
    await wrapping.desk.chat.edit(found, words)
    return found


async def _post(wrapping: Wrapping, trouble: RoomError | None = None) -> None:
    written, message = await written_of(wrapping), await stand(wrapping, trouble)
    if written is not None and message is not None:
        await put(wrapping, written, message)


async def put(wrapping: Wrapping, written: Written, message: Posted) -> None:
    """The file in the thread of this message, once for each text. Raises ChatError."""
    text = await told(wrapping, written)
    version = hashlib.sha256(text.encode()).hexdigest()[:8]
    await wrapping.desk.chat.file(
        message,
        text,
        name="postmortem.md",
        title=f"Postmortem of {written.incident_id}, version {written.opening}",
        key=wrapping.key(version),
    )


async def stays(wrapping: Wrapping, written: Written) -> str:
    """Why it is not written once more, in words for people; empty: it is. Raises JournalDown."""
    if written.reviewed:
        return "It was reviewed"
    if not (await wrapping.incident()).looked_into:
        return ""
    kept = await wrapping.desk.journal.report(wrapping.incident_id, wrapping.opening)
    return "" if kept else "What was found about it is no longer kept"


async def again(wrapping: Wrapping, *, everywhere: bool) -> Written | None:
    """Writes it once more, from the record as it is by now; None where it was not closed.

    One of which `stays` says why stays as it is.
    `everywhere`: and puts it to where it stands; the message says why it could not be published. Raises ChatError,
    RoomError, JournalDown.
    """
    closing, before = await wrapping.closing(), await written_of(wrapping)
    if closing is None:
        return None
    written = before if before is not None and await stays(wrapping, before) else await worded(wrapping, closing)
    if not everywhere:
        return written
    await wrapping.at.postmortems.write(replace(written, url=before.url if before else ""))
    trouble = await _published(wrapping)
    await _post(wrapping, trouble)
    if trouble is not None:
        raise trouble
    return await written_of(wrapping)
