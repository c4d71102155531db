"""Incidents of one cause share a channel: where a linked one is told, what its lead says of it, who changes that."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
import stamina

from bot import compose
from bot.domain.analysis import FirstStep
from bot.domain.incident import Company
from bot.domain.plain import as_text
from bot.domain.said import Command, Filled, Form, Heard, Tap
from bot.incident_command import IncidentCommand
from bot.keep_current import catch_up
from bot.life.leads import Leads
from bot.questions.replies import Replies, Talking
from bot.sections import first_steps
from bot.state.audit_reading import reading
from bot.state.database import open_database
from bot.state.journal import journal
from bot.state.links import SqlLinks
from integrations.contract import OpenAlert
from tests.stories.incident_sample import FOUND, NOW, REPORT, incident
from tests.stories.pager import FakePager
from tests.stories.workshop_world import BOOK, DANA, town_with
from tests.stories.world import INCIDENTS, OWN, FakeSlack, Source, desk_with, fire, tell, telling

DB, API, WEB = "payment-db", "payment-service", "web"
NEEDS_A_NUMBER = """
id: scale
title: Scale out
trigger: {alert: "*"}
parameters:
  - {name: replicas, pattern: "[0-9]{1,2}", description: how many}
steps:
  - {name: scale, action: exec, command: "kubectl scale deployment/{{service}} --replicas={{replicas}}"}
"""
ASKS_FOR_AN_INCIDENT = NEEDS_A_NUMBER.replace("replicas", "incident")
CALLS = {WEB: (API,), API: (DB,)}


@pytest.fixture(autouse=True)
def without_waiting():
    with stamina.set_testing(True, attempts=20):
        yield


@pytest.fixture
def slack():
    return FakeSlack()


@asynccontextmanager
async def desk_of(tmp_path, slack, **settings):
    """A desk that knows who depends on whom."""
    async with desk_with(tmp_path, slack, Source(), **settings) as desk:
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        record = journal(database, desk.clock, (("service",), ("env",), 3600), CALLS)
        yield replace(desk, journal=record, links=SqlLinks(database))
        await database.dispose()


async def fires(desk, service, **changes):
    """An alert of this service, as it is told of."""
    labels = {"service": service, "env": changes.pop("env", "")}
    return await fire(desk, f"{service}-down", labels=labels, **changes)


async def both(desk):
    """The lead and one that is linked to it, told to their ends."""
    lead, linked = await fires(desk, DB), await fires(desk, API)
    await tell(desk, lead)
    await tell(desk, linked)
    await catch_up(desk)
    return await desk.journal.incident(lead.incident_id), await desk.journal.incident(linked.incident_id)


async def test_it_is_told_in_its_leads_channel_and_both_say_why(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        lead, linked = await both(desk)

        assert list(slack.channels) == [lead.id]
        assert slack.in_(OWN) == ["1:briefing", "1:briefing"]
        (theirs, here) = (slack.of(f"{one.id}:1:briefing").text for one in (lead, linked))
        why = "payment-service depends on payment-db"
        assert f"told with {DB}" in here
        assert why in here
        assert "Linked" in theirs
        assert why in theirs
        assert linked.id in theirs
        notice = slack.of(f"{linked.id}:1:notice")
        assert notice.posted.channel_id == INCIDENTS
        assert why in notice.text
        assert f"#{OWN}" in notice.text


async def test_topic_and_pin_stay_the_leads(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        lead, linked = await both(desk)
        assert "payment-db-down" in slack.topics[OWN]
        assert slack.pins == [lead.message]
        assert linked.channel is None


async def test_both_at_once_share_a_channel(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        opening, go_on = slack.hold("open_channel")
        lead, linked = await fires(desk, DB), await fires(desk, API)
        async with telling(desk, lead) as one, telling(desk, linked) as two:
            await opening.wait()
            go_on.set()
            await asyncio.gather(one, two)
        assert slack.in_(OWN) == ["1:briefing", "1:briefing"]
        assert INCIDENTS not in {slack.of(f"{t.incident_id}:1:briefing").posted.channel_id for t in (lead, linked)}


async def test_where_the_leads_channel_comes_late_the_message_moves_there(slack, tmp_path):
    async with desk_of(tmp_path, slack, channel_timeout_s=0.05) as desk:
        _, go_on = slack.hold("open_channel")
        slack.hold("open_channel")[1].set()
        lead, linked = await fires(desk, DB), await fires(desk, API)
        await tell(desk, linked)
        assert slack.of(f"{linked.incident_id}:1:briefing").posted.channel_id == INCIDENTS
        go_on.set()
        await tell(desk, lead)
        await catch_up(desk)

        told = [m for m in slack.messages if m.key == f"{linked.incident_id}:1:briefing"]
        assert [m.posted.channel_id for m in told] == [INCIDENTS, OWN]
        assert f"told with {DB}" in told[0].text
        incident = await desk.journal.incident(linked.incident_id)
        assert incident.message == told[1].posted


async def test_one_that_has_no_message_yet_gets_one_when_its_leads_channel_is_there(slack, tmp_path):
    """As in a storm, whose table it stood in."""
    async with desk_of(tmp_path, slack) as desk:
        lead, linked = await fires(desk, DB), await fires(desk, API)
        await desk.journal.keep_briefed(linked.incident_id, 1)
        await catch_up(desk)
        assert slack.messages == []
        await tell(desk, lead)
        await catch_up(desk)
        assert slack.of(f"{linked.incident_id}:1:briefing").posted.channel_id == OWN


async def test_a_lead_that_is_over_says_what_still_fires(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        await both(desk)
        await fires(desk, DB, status="resolved")
        await catch_up(desk)
        assert "still firing here: payment-service" in slack.of(":1:resolved").text


async def test_a_linked_one_that_is_over_is_named_and_leaves_the_topic_alone(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        lead, _ = await both(desk)
        before = slack.topics[OWN]
        await fires(desk, API, status="resolved")
        await catch_up(desk)
        assert "payment-service resolved" in slack.of(":1:resolved").text
        assert slack.topics[OWN] == before
        assert "resolved" in slack.of(f"{lead.id}:1:briefing").text.partition("Linked")[2]


async def test_one_that_fires_again_is_told_where_it_was(slack, tmp_path):
    async with desk_of(tmp_path, slack) as desk:
        lead, linked = await both(desk)
        await fires(desk, API, status="resolved")
        again = await fire(desk, "another", labels={"service": API})
        await tell(desk, again)
        assert again.opening == 2
        assert slack.of(f"{linked.id}:2:briefing").posted.channel_id == lead.channel.id


# ── what people say ──


@asynccontextmanager
async def town_of(tmp_path, *books):
    """The town whose incident is of payment-service; what is linked to it, and what is not, comes afterwards."""
    async with town_with(tmp_path, *(books or (BOOK,))) as town:
        database = open_database(f"sqlite:///{tmp_path / 'stories.sqlite'}")
        record = journal(database, town.clock, (("service",), ("env",), 3600), CALLS)
        desk = replace(town.shop.desk, journal=record, links=SqlLinks(database))
        town.shop = replace(town.shop, desk=desk)
        yield town
        await database.dispose()


async def more(town, service, **changes):
    """Another incident, told and shown."""
    taken = await fires(town.shop.desk, service, **changes)
    await tell(town.shop.desk, taken)
    await catch_up(town.shop.desk)
    return await town.shop.desk.journal.incident(taken.incident_id)


async def says(town, text, channel=None):
    """What `/incident` answers; what stands in Slack follows."""
    command = Command(channel or town.channel_id, DANA, text, name="/incident")
    said = await IncidentCommand(town.shop, town.action, (Leads(town.shop).words,)).command(command)
    await catch_up(town.shop.desk)
    return as_text(said)


async def again(town, incident):
    return await town.shop.desk.journal.incident(incident.id)


@pytest.mark.parametrize("which", ["", "web", "{id}"])
async def test_split_gives_it_a_channel_of_its_own(tmp_path, which):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        assert web.lead == town.incident_id
        assert "channel of its own" in await says(town, f"split {which.format(id=web.id)}")

        split = await again(town, web)
        assert (split.lead, split.linked_by) == (None, DANA)
        assert split.message.channel_id == split.channel.id != town.channel_id
        left = next(m for m in town.chat.messages if m.posted == web.message)
        assert "moved to its own channel" in left.text
        assert split.message in town.chat.pins
        lead = await town.shop.desk.journal.incident(town.incident_id)
        assert "Linked" not in next(m for m in town.chat.messages if m.posted == lead.message).text
        assert await audited(town, tmp_path) == ["incident.split"]


async def test_split_again_does_no_harm(tmp_path):
    async with town_of(tmp_path) as town:
        await more(town, WEB)
        await says(town, "split web")
        assert "not told here" in await says(town, "split web")
        assert "by itself already" in await says(town, "split")
        assert len(town.chat.channels) == 2


async def test_of_several_it_asks_which(tmp_path):
    async with town_of(tmp_path) as town:
        await more(town, WEB)
        await more(town, DB)
        said = await says(town, "split")
        assert "say which one" in said
        assert WEB in said
        assert DB in said
        assert "leads here" in await says(town, f"split {API}")


@pytest.mark.parametrize("how", ["INC", "cart", "#inc-cart", "<#{channel}|inc-cart>", "<#{channel}>"])
async def test_merge_tells_it_with_the_other_one_and_all_that_was_told_with_it(tmp_path, how):
    async with town_of(tmp_path) as town:
        web, cart = await more(town, WEB), await more(town, "cart")
        assert cart.lead is None
        name = cart.id if how == "INC" else how.format(channel=cart.channel.id)
        assert "from now on" in await says(town, f"merge {name}")

        lead = await town.shop.desk.journal.incident(town.incident_id)
        follower = await again(town, web)
        assert (lead.lead, follower.lead, lead.linked_by) == (cart.id, cart.id, DANA)
        for one in (lead, follower):
            assert one.message.channel_id == cart.channel.id
        for key in (town.incident_id, web.id):
            left = next(m for m in town.chat.messages if m.key == f"{key}:1:briefing")
            assert left.posted.channel_id == town.channel_id
            assert "told with cart" in left.text
        assert "told with cart" in town.chat.topics[town.channel_id]
        assert "from now on" not in await says(town, f"merge {name}")


async def test_what_was_merged_can_be_split_off_and_goes_back(tmp_path):
    async with town_of(tmp_path) as town:
        cart = await more(town, "cart")
        await says(town, f"merge {cart.id}")
        await says(town, "split")
        back = await town.shop.desk.journal.incident(town.incident_id)
        assert back.lead is None
        assert back.message.channel_id == town.channel_id
        there = [m for m in town.chat.messages if m.posted == back.message]
        assert "told with" not in there[0].text
        pointer = next(m for m in town.chat.messages if m.posted.channel_id == cart.channel.id and API in m.text)
        assert "moved to its own channel" in pointer.text
        assert "told with" not in town.chat.topics[town.channel_id]


async def test_what_was_merged_and_fires_again_leaves_its_old_channel_alone(tmp_path):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        await says(town, "split")
        own = (await again(town, web)).channel
        cart = await more(town, "cart")
        await says(town, f"merge {cart.id}", channel=own.id)
        await more(town, WEB, status="resolved")
        refired = await fire(town.shop.desk, "once-more", labels={"service": WEB, "env": ""})
        pins = list(town.chat.pins)
        await tell(town.shop.desk, refired)
        assert refired.opening == 2
        assert "told with cart" in town.chat.topics[own.id]
        assert town.chat.pins == pins
        assert (await again(town, web)).message.channel_id == cart.channel.id


async def test_merge_into_one_that_is_linked_is_with_its_lead(tmp_path):
    async with town_of(tmp_path) as town:
        await more(town, WEB)
        cart = await more(town, "cart")
        await says(town, "merge web", channel=cart.channel.id)
        assert (await again(town, cart)).lead == town.incident_id


async def test_merge_is_refused_with_a_reason(tmp_path):
    async with town_of(tmp_path) as town:
        await more(town, WEB)
        over = await more(town, "cart")
        await more(town, "cart", status="resolved")
        for text, why in {
            "merge": "with which one?",
            "merge nobody": "no open incident",
            f"merge {town.incident_id}": "is this one",
            "merge web": "told here with this one already",
            f"merge {over.id}": "is over",
        }.items():
            assert why in await says(town, text), text
        assert await audited(town, tmp_path) == []


async def test_another_environment_only_anyway(tmp_path):
    async with town_of(tmp_path) as town:
        staging = await more(town, "cart", env="staging")
        said = await says(town, f"merge {staging.id}")
        assert "staging" in said
        assert "anyway" in said
        await says(town, f"merge {staging.id} anyway")
        assert (await town.shop.desk.journal.incident(town.incident_id)).lead == staging.id


async def test_elsewhere_it_says_where_it_belongs(tmp_path):
    async with town_of(tmp_path) as town:
        for text in ("split", "merge INC-1"):
            assert "not an incident's channel" in await says(town, text, channel="C0NOWHERE")


async def test_the_overview_says_where_a_linked_one_is_told(tmp_path):
    async with town_of(tmp_path) as town:
        await more(town, WEB)
        said = as_text(await town.say("", channel="C0NOWHERE"))
        assert said.count(f"#{town.channel_id}") == 2


async def test_a_post_that_was_lost_is_found_and_not_made_again(tmp_path):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        town.chat.lose_the_answer(f"{web.id}:1:briefing")
        await says(town, "split")
        await catch_up(town.shop.desk)
        assert town.chat.in_("C2") == ["1:briefing"]
        assert (await again(town, web)).message.channel_id == "C2"


async def test_a_message_that_people_removed_does_not_keep_it_from_moving(tmp_path):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        town.chat.remove(f"{web.id}:1:briefing")
        await says(town, "split")
        assert town.chat.in_("C2") == ["1:briefing"]


async def test_what_a_crash_cut_off_moves_at_the_next_look(tmp_path):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        town.chat.refuse("post", "gone", passing=True, times=1, about="C2 ")
        await says(town, "split")
        assert (await again(town, web)).message == web.message
        for _ in range(2):
            await catch_up(town.shop.desk)
        assert town.chat.in_("C2") == ["1:briefing"]
        assert (await again(town, web)).message in town.chat.pins


@pytest.mark.parametrize(
    ("text", "in_thread_of", "about"),
    [
        ("why does it fail?", None, "lead"),
        ("why does web fail?", None, "linked"),
        ("why does {linked} fail?", None, "linked"),
        ("why does it fail?", "linked", "linked"),
        ("why does it fail?", "lead", "lead"),
        ("and payment-service?", "linked", "lead"),
        ("what of the website?", None, "lead"),
    ],
)
async def test_a_question_is_about_whom_it_names_or_stands_under(tmp_path, text, in_thread_of, about):
    async with town_of(tmp_path) as town:
        linked = await more(town, WEB)
        lead = await town.shop.desk.journal.incident(town.incident_id)
        known = {"lead": lead, "linked": linked}
        thread = known[in_thread_of].message.ts if in_thread_of else None
        talk = Replies(town.shop.desk, Talking(town.questions, begins, "questions", FakePager(), town.shop.runs))
        said = Heard(town.channel_id, "99.0", thread, text.format(linked=linked.id), DANA, mention=True)
        await talk.heard(said, nothing)
        question = await town.questions.question(f"{town.channel_id}:99.0")
        assert question.incident_id == known[about].id
        later = replace(said, ts="100.0", thread=thread or "99.0", text="and since when?")
        await talk.heard(later, nothing)
        following = await town.questions.question(f"{town.channel_id}:100.0")
        assert following.incident_id == (known[in_thread_of].id if in_thread_of else known[about].id)


async def begins(_question_id): ...


async def nothing():
    return ""


async def test_a_runbook_is_for_the_incident_that_is_named(tmp_path):
    async with town_of(tmp_path) as town:
        web = await more(town, WEB)
        assert "for web" in as_text(await town.say("run restart incident=web"))
        (run,) = await town.shop.runs.of_incident(web.id)
        assert run.target.startswith("web")
        assert await town.shop.runs.of_incident(town.incident_id) == ()
        assert run.id in as_text(await town.say("status"))
        assert "not told in this channel" in as_text(await town.say("run restart incident=cart"))
        assert run.id in as_text(await town.say("stop"))


async def test_what_a_form_asked_for_stays_for_the_incident_that_was_named(tmp_path):
    async with town_of(tmp_path, NEEDS_A_NUMBER) as town:
        web = await more(town, WEB)
        form = await town.say(f"run scale incident={web.id}")
        await town.action.filled(Filled(form.does, form.value, DANA, {"replicas": "3"}, town.channel_id))
        (run,) = await town.shop.runs.of_incident(web.id)
        assert run.target.startswith("web")


@pytest.mark.parametrize("book", [BOOK + "trigger: {alert: '*'}\n", NEEDS_A_NUMBER, ASKS_FOR_AN_INCIDENT])
async def test_a_button_below_a_linked_ones_runbooks_runs_for_that_one(tmp_path, book):
    async with town_of(tmp_path, book) as town:
        web = await more(town, WEB)
        listed = await town.say(WEB)
        (button,) = (button for section in listed.sections for button in section.buttons)
        said = await town.action.tapped(Tap(button.does, button.value, town.channel_id, DANA))
        if isinstance(said, Form):
            await town.action.filled(Filled(said.does, said.value, DANA, {said.fields[0].name: "3"}, town.channel_id))
        (run,) = await town.shop.runs.of_incident(web.id)
        assert run.target.startswith("web")
        assert await town.shop.runs.of_incident(town.incident_id) == ()


def test_first_steps_of_a_linked_one_name_it():
    steps = (
        FirstStep("If it fits", "/incident-action run restart"),
        FirstStep("Look", "kubectl get pods"),
        FirstStep("Or: `/incident-action run other name=1` (asks first)"),
    )
    lines = first_steps(replace(FOUND, first_steps=steps), "INC-1").lines
    assert "`/incident-action run restart incident=INC-1`" in lines[0]
    assert lines[1].endswith("`kubectl get pods`")
    assert "`/incident-action run other name=1 incident=INC-1`" in lines[2]


def test_what_is_linked_is_not_told_a_second_time():
    other = OpenAlert("ledger", "SlowQueries", "warning", NOW, "INC-2")
    report = replace(REPORT, context=replace(REPORT.context, findings=(other,)))
    alone = as_text(compose.brief(incident(), report, NOW))
    linked = incident(id="INC-2", service="ledger", lead=incident().id, linked_because="it depends on ledger")
    in_company = as_text(compose.brief(incident(), report, NOW, company=Company(linked=(linked,))))
    assert "Also firing" in alone
    assert "Also firing" not in in_company
    assert "Linked" in in_company


async def audited(town, tmp_path):
    """What the audit holds of links."""
    with reading(f"sqlite:///{tmp_path / 'stories.sqlite'}") as entries:
        return [entry.what for entry in entries if entry.what in ("incident.split", "incident.merged")]
