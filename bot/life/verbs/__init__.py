"""The life of an incident by `/incident`: each verb a function, what they bring put together here."""

from __future__ import annotations

from functools import partial

from bot.command_words import Words, always
from bot.life.compose_status import CHANGE, SEND
from bot.life.reach import Life
from bot.life.verbs.declare import declare
from bot.life.verbs.look_back import timeline
from bot.life.verbs.pins import pinned
from bot.life.verbs.say import FORM, change, filled, handoff, note, send, status
from bot.life.verbs.take import ack, lead, seen, severity

HELP = (
    "`/incident declare &lt;what happens&gt; [service=…] [severity=SEV1]` opens an incident by hand, anywhere",
    "`/incident ack` says that you have it; so does 👀 on the briefing. `/incident lead [@name]` says who leads",
    "`/incident severity SEV1` to `SEV4` outranks what the alerts say",
    "`/incident status [investigating | identified | monitoring | resolved: &lt;text&gt;] [next=20m]` tells everybody",
    "`/incident note &lt;text&gt;`, or 📌 on any message, goes into the timeline: `/incident timeline`",
    "`/incident handoff [@name]` says what is known, done, open and suggested",
)


def life_words(life: Life) -> Words:
    """What the life of an incident brings to `/incident`."""
    verbs = {
        "declare": declare,
        "ack": ack,
        "severity": severity,
        "lead": lead,
        "status": status,
        "note": note,
        "timeline": timeline,
        "handoff": handoff,
    }
    return Words(
        verbs={word: partial(verb, life) for word, verb in verbs.items()},
        help=HELP,
        taps={SEND: partial(send, life), CHANGE: partial(change, life)},
        forms={FORM: partial(filled, life)},
        anywhere={"declare": always},
        reactions=(partial(seen, life), partial(pinned, life)),
    )
