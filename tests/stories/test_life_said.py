"""What is said of an incident: status, note, pin, handoff, timeline; once, whatever comes twice or ends between."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.entry import Entry
from bot.domain.plain import as_text
from bot.domain.said import Form
from bot.life.chronicle import Record
from bot.life.compose_handoff import handoff
from bot.life.tell_entries import tell_entries
from bot.slack.blocks import BLOCKS, TOTAL, render
from tests.rules.postmortems import entry
from tests.stories.incident_sample import NOW, REPORT, incident
from tests.stories.life_world import days_with
from tests.stories.mirror_world import called, reached
from tests.stories.workshop_world import DANA, ERIN, GUEST
from tests.stories.world import eventually, fire, stopped, tell

TOKEN = "ghp_abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.fixture
async def days(tmp_path):
    async with days_with(tmp_path) as one:
        yield one


async def test_a_status_is_said_in_the_channel_once_and_stands_in_the_head(days):
    said = await days.says("status identified: the pool is too small next=20m", trigger="T")
    assert "Sent to the channel. Next update by 04:02 UTC." in said
    await days.says("status identified: the pool is too small next=20m", trigger="T")
    head = await days.briefing()
    assert "identified 03:42: the pool is too small · next update by 04:02 UTC" in head
    (told,) = days.told()
    assert told.splitlines()[0] == f"Status · identified · 03:42 UTC · <@{DANA}>"
    assert "the pool is too small" in told
    assert "Next update by 04:02 UTC" in told


async def test_what_was_left_at_the_last_end_is_said_at_the_start(days):
    await days.says("status identified: the pool is too small")
    days.life.desk.written.clear()  # only that life knew
    telling = asyncio.create_task(tell_entries(days.life))
    try:
        await eventually(days.told)
    finally:
        await stopped(telling)


async def test_a_channel_that_waits_for_slack_holds_up_no_word_elsewhere(days):
    desk = days.life.desk
    other = await fire(desk, "DiskFull", labels={"service": "ledger"})
    await tell(desk, other)
    await days.says("status identified: the pool is too small")
    waits, _never = days.chat.hold("post", about="entry:")
    telling = asyncio.create_task(tell_entries(days.life))
    try:
        await waits.wait()
        await days.says("status identified: the disk is full", channel="C2")
        await eventually(lambda: [text for text in days.told() if "the disk is full" in text])
    finally:
        await stopped(telling)


async def test_a_status_without_a_state_keeps_the_last_one_and_its_pace(days):
    await days.says("status monitoring: a rollback is out")
    assert "Next update by 03:57" in await days.says("status errors are falling"), "SEV1: 15 minutes"
    assert (await days.stands()).status.value == "monitoring"


async def test_resolved_promises_nothing(days):
    assert "Next" not in await days.says("status resolved: it is over")
    assert (await days.stands()).status.due is None


@pytest.mark.parametrize(
    "text", ["status identified:", "status x next=soon", "status x next=0m", "status x next=2000m"]
)
async def test_a_status_that_says_nothing_or_promises_nonsense_is_refused(days, text):
    assert "Sent to" not in await days.says(text)
    assert await days.entries() == []


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("identifed: bad endpoint", "identified"),
        ("Monitor : it is out", "monitoring"),
        ("reslved: it is over next=20m", "resolved"),
    ],
)
async def test_a_state_that_is_nearly_one_is_asked_about_and_not_sent_to_everybody(days, text, meant):
    assert await days.says(f"status {text}") == f"Did you mean `{meant}`? Nothing was sent."
    assert await days.entries("status") == []


@pytest.mark.parametrize("text", ["errors: falling", "identifed the endpoint", "see https://status.example/1"])
async def test_words_that_are_no_state_are_sent_as_they_are(days, text):
    assert (await days.says(f"status {text}")).startswith("Sent to the channel.")
    assert (await days.stands()).status.text == text


async def test_status_alone_is_a_form_with_a_draft_that_is_sent_once(days):
    form = await days.says("status")
    assert isinstance(form, Form)
    values = {field.name: field.value for field in form.fields}
    assert values["state"] in ("investigating", "identified")
    assert values["text"]
    assert values["next"] == "15m"
    assert await days.fills(form, state="gone", text="x") == {
        "state": "is one of investigating, identified, monitoring, resolved"
    }
    assert await days.fills(form, state="identified", text=" ") == {"text": "is what people read"}
    assert "is no time" in (await days.fills(form, state="identified", text="x", next="later"))["next"]
    assert "Sent" in await days.fills(form, state="Identified", text="the pool", next="")
    assert "Not sent" in await days.fills(form, state="identified", text="the pool again")
    await days.passes()
    assert len(days.told()) == 1


async def test_a_status_of_several_lines_is_told_line_by_line(days):
    form = await days.says("status")
    assert [field.name for field in form.fields if field.long] == ["text"]
    await days.fills(form, state="identified", text="the pool is full\n\n- we make it larger", next="")
    await days.passes()
    assert "the pool is full\n- we make it larger" in days.told()[0]


async def test_a_note_goes_into_the_timeline_and_nowhere_else(days):
    before = len(days.chat.messages)
    assert "Noted" in await days.says(f"note <@{ERIN}|erin> saw &lt;b&gt; at <https://x.example/a|here> {TOKEN}")
    await days.passes()
    assert len(days.chat.messages) == before
    told = await days.says("timeline")
    assert f"<@{DANA}> noted: @erin saw <b> at https://x.example/a" in told
    assert TOKEN not in told
    assert "Note what?" in await days.says("note")


async def test_a_pin_puts_a_message_into_the_timeline_as_its_authors_words(days):
    posted = days.somebody_writes(f"try <!channel> `kubectl` {TOKEN}", ERIN)
    await days.reacts(posted, "pushpin", DANA)
    await days.reacts(posted, "pushpin", ERIN)
    await days.hears(posted, "pushpin", DANA)
    (entry,) = await days.entries()
    assert (entry.kind, entry.who, entry.link) == ("pinned", ERIN, "https://slack.example/archives/C1/p30")
    assert TOKEN not in entry.text
    told = await days.says("timeline")
    assert f"<@{ERIN}> wrote: try @channel" in told
    assert "<!channel>" not in told


async def test_a_pin_is_out_again_only_when_the_last_one_is_taken_back(days):
    posted = days.somebody_writes("the pool is full", ERIN)
    for user in (DANA, ERIN):
        await days.reacts(posted, "pushpin", user)
    await days.reacts(posted, "pushpin", DANA, off=True)
    assert "the pool is full" in await days.says("timeline")
    await days.reacts(posted, "pushpin", ERIN, off=True)
    await days.hears(posted, "pushpin", DANA)  # late
    assert "the pool is full" not in await days.says("timeline")
    await days.reacts(posted, "pushpin", DANA)
    assert "the pool is full" in await days.says("timeline")


async def test_a_guest_pins_nothing_and_a_message_that_is_gone_is_passed_over(days):
    posted = days.somebody_writes("the pool is full", ERIN)
    await days.reacts(posted, "pushpin", GUEST)
    days.chat.refuse("marked", "message_not_found")
    await days.reacts(posted, "pushpin", DANA)
    assert await days.entries() == []


async def test_words_that_call_people_call_nobody_out_of_a_timeline(days):
    await days.says("note &lt;!channel&gt; and &lt;@U0ERIN&gt;")
    command = await days.says("timeline")
    assert "noted: <!channel> and <@U0ERIN>" in command, "as plain text, escaped in Slack"


async def test_the_timeline_tells_alerts_findings_runs_and_people_in_order(days):
    await days.says("ack")
    days.town.clock.forward(60)
    await days.town.say("run restart")
    run = await days.town.run()
    await days.town.waits()
    days.town.clock.forward(60)
    await days.says(f"lead <@{ERIN}>")
    told = await days.says("timeline")
    order = ("alert HighErrorRate fired", "acknowledged", f"asked for runbook restart on payment-service, run {run.id}",
             "people are asked", f"gave the lead to <@{ERIN}>")  # fmt: skip
    places = [told.find(words) for words in order]
    assert -1 not in places
    assert places == sorted(places)


async def test_a_long_timeline_is_a_file_in_the_thread_once_for_each_state_of_it(days):
    for number in range(30):
        await days.says(f"note number {number}")
    told = await days.says("timeline")
    assert "the newest 25 of" in told
    assert "noted: number 29" in told
    assert "noted: number 2 " not in told
    assert "file in the briefing's thread" in told
    await days.says("timeline")
    (text,) = [text for key, text in days.chat.files.items() if ":timeline:" in key]
    assert text.count("noted: number") == 30


async def test_the_file_of_a_timeline_names_people_as_they_call_themselves(days):
    await days.says(f"handoff <@{ERIN}> watch the pool")
    for number in range(30):
        await days.says(f"note number {number}, ask <@{ERIN}>")
    shown = await days.says("timeline")
    assert f"<@{DANA}> noted: number 29" in shown
    (text,) = [text for key, text in days.chat.files.items() if ":timeline:" in key]
    assert "Dana handed over to Erin: watch the pool (people" in text
    assert "Dana noted: number 3, ask @Erin (people" in text
    assert "U0" not in text
    days.town.people.nameless = True
    await days.says("timeline")
    assert len([key for key in days.chat.files if ":timeline:" in key]) == 1, "it says nothing new"


async def test_whom_slack_does_not_name_stays_with_the_id_and_a_pager_and_the_bot_are_told(days):
    days.town.people.nameless = True
    for number, who in enumerate((*["bot"] * 30, "pagerduty:Lee Loo")):
        await days.life.write(Entry(days.town.incident_id, f"k{number}", NOW, "note", who, "hm"))
    await days.says("note hm")
    await days.says("timeline")
    (text,) = [text for key, text in days.chat.files.items() if ":timeline:" in key]
    for said in ("The bot noted: hm", "Lee Loo in PagerDuty noted: hm", f"{DANA} noted: hm"):
        assert said in text


async def test_a_handoff_says_what_is_known_done_open_and_suggested_and_hands_over_the_lead(days):
    await days.says("note restarted the pool")
    await days.says(f"handoff <@{ERIN}|erin> watch the pool")
    assert f"lead <@{ERIN}>" in await days.briefing()
    (told,) = days.told()
    assert told.startswith(f"Handoff to <@{ERIN}> · from <@{DANA}>")
    for part in ("watch the pool", "Known", "Done", "noted by <@U0DANA>: restarted the pool", "Open"):
        assert part in told
    assert "alert HighErrorRate fires since 03:42 UTC" in told
    assert "nobody has acknowledged it" in told


async def test_a_handoff_says_that_a_call_is_not_answered_although_somebody_acknowledged_before_it(days):
    await days.says("ack")
    await called(days)
    await reached(days)
    await days.says("handoff")
    await days.passes()
    assert "nobody has answered the call" in days.told()[-1]


async def test_a_handoff_speaks_of_no_call_where_nobody_could_be_called(days):
    await days.says("ack")
    await called(days, "steps")
    await reached(days, "steps")
    await days.says("ack")
    await called(days)
    await days.says("handoff")
    await days.passes()
    assert "nobody has acknowledged it since the next level was to be called" in days.told()[-1]


async def test_a_handoff_has_the_strongest_findings_with_their_figures_as_the_briefing_has_them(days):
    await days.life.desk.journal.keep_report(days.town.incident_id, 1, REPORT)
    briefing = (await days.briefing()).splitlines()
    await days.says("handoff")
    await days.passes()
    (told,) = days.told()
    figures = next(one for one in briefing if one.startswith("Errors "))
    cause = next(one for one in briefing if one.startswith("v2.34.1, deployed 03:27"))
    ruled_out = next(one for one in briefing if one.startswith("Ruled out: "))
    sources = next(one for one in briefing if one.startswith("Sources: "))
    for line in ("Measured 03:42 UTC (normal)", figures, "Likely cause · confidence high", cause, ruled_out, sources):
        assert line in told, line
    assert "23.4 %" in figures
    assert told.index("Known") < told.index(figures) < told.index(cause) < told.index("Open")


def handed(**changes):
    later = NOW + timedelta(minutes=20)
    record = Record(incident(**changes), REPORT)
    return as_text(handoff(record, replace(entry("handoff"), at=later), later))


def test_a_handoff_counts_from_when_it_began_and_not_from_the_alert():
    told = handed()
    assert "SEV1 payment-service, began 34 min ago." in told
    assert "It began 03:27 UTC, 14 min before the alert." in told
    assert "before that" not in told


def test_a_handoff_of_what_is_over_says_so_and_that_its_figures_are_of_before():
    over = NOW + timedelta(minutes=10)
    told = handed(status="resolved", resolved_at=over, alerts=())
    assert "SEV1 payment-service, resolved 03:52 UTC." in told
    assert "Measured 03:42 UTC, before that" in told


def test_a_handoff_of_what_was_closed_while_it_fires_says_that_it_still_does():
    over = NOW + timedelta(minutes=10)
    told = handed(status="resolved", resolved_at=over, closed_at=over)
    assert "SEV1 payment-service, closed 03:52 UTC, 3 alerts still firing." in told


def test_a_handoff_of_an_incident_with_very_much_in_it_keeps_to_slacks_limits():
    long = "w" * 3_000
    notes = [entry("note", long, number=n) for n in range(1, 40)]
    cause = replace(REPORT.analysis.causes[0], text=long)
    causes = replace(REPORT, analysis=replace(REPORT.analysis, causes=(cause,) * 5))
    message = render(handoff(Record(incident(), causes, notes), entry("handoff", long, number=40), NOW))
    for one in (message, *message.more):
        texts = [str(block.get("text", block.get("elements"))) for block in one.blocks]
        assert len(texts) <= BLOCKS
        assert max(map(len, texts)) < 3_100
        assert sum(map(len, texts)) < 1.2 * TOTAL
    assert "Suggested" in str((message, *message.more))


async def test_handing_over_to_nobody_in_particular_says_so_and_to_a_guest_is_refused(days):
    assert "could not type" in await days.says(f"handoff <@{GUEST}>")
    assert await days.entries() == []
    await days.says("handoff")
    await days.passes()
    (told,) = days.told()
    assert told.startswith(f"Handoff · from <@{DANA}>")
    assert "somebody should lead" in told


async def test_what_slack_refuses_for_now_is_said_later_once(days):
    days.chat.refuse("post", "internal_error", passing=True, times=1, about="entry:")
    await days.says("status identified: x")
    await days.passes()
    assert days.told() == []
    await days.passes()
    await days.passes()
    assert len(days.told()) == 1


async def test_killed_between_the_post_and_its_record_it_is_found_and_not_said_again(days):
    days.chat.lose_the_answer(":1")
    await days.says("status identified: x")
    await days.passes()
    await days.passes()
    assert len(days.told()) == 1


async def test_where_nothing_can_be_said_any_more_it_is_not_tried_for_ever(days):
    days.chat.refuse("post", "is_archived", about="entry:")
    await days.says("status identified: x")
    await days.passes()
    tries = len([call for call in days.chat.calls if call.startswith("post") and "entry:" in call])
    await days.passes()
    assert len([call for call in days.chat.calls if call.startswith("post") and "entry:" in call]) == tries
    assert "x" in await days.says("timeline")


async def test_what_is_a_day_old_is_no_news(days):
    days.chat.refuse("post", "internal_error", passing=True, times=1, about="entry:")
    await days.says("status resolved: x")
    await days.passes()
    await days.passes(timedelta(days=1, minutes=1) / timedelta(minutes=1))
    assert [told for told in days.told() if told.startswith("Status")] == []
