"""`/incident`: words that parts of the bot bring along, who may use them, and what is left to the others."""

import pytest

from bot.command_words import NotDoneError, Words, always, here
from bot.domain.briefing import Briefing
from bot.domain.plain import as_text
from bot.domain.said import Command, Filled, Reacted, Tap
from bot.incident_command import IncidentCommand
from bot.ports import JournalDown
from tests.stories.workshop_world import BOOK, DANA, GUEST, town_with

MATCHING = BOOK + "trigger: {alert: 'High*'}\n"


@pytest.fixture
async def town(tmp_path):
    async with town_with(tmp_path, MATCHING) as one:
        yield one


class Part:
    """Words that say what they were called with."""

    def __init__(self, town):
        self.town = town
        self.reacted = []

    @property
    def words(self):
        return Words(
            verbs={"follow": self.follow, "note": self.note, "fail": self.fail, "down": self.down},
            help=("`/incident follow &lt;who&gt;` follows",),
            taps={"follow.": self.tapped, "note.": self.tapped},
            forms={"follow": self.filled, "note.": self.filled},
            reactions=(self.hear,),
            anywhere={"note": always, "follow": lambda behind: behind.startswith("INC-"), "note.": always},
        )

    async def follow(self, command, rest):
        incident = await here(self.town.shop.desk.journal, command.channel_id)
        return said(f"{incident.service} follows {rest}")

    async def note(self, command, rest):
        return said(f"noted {rest}")

    async def fail(self, command, rest):
        raise NotDoneError("Not done: it is too early.")

    async def down(self, command, rest):
        raise JournalDown("away")

    async def tapped(self, tap):
        return said(f"tapped {tap.value}")

    async def filled(self, filled):
        return {"who": "is nobody"}

    async def hear(self, reacted):
        self.reacted.append(reacted.emoji)


def said(text):
    return Briefing(plain=text, headline=text)


def command_of(town, *parts):
    return IncidentCommand(town.shop, town.action, parts or (Part(town).words,))


async def says(town, text, user=DANA, channel=None, name="/incident"):
    command = Command(channel or town.channel_id, user, text, name=name)
    return as_text(await command_of(town).command(command))


async def test_a_word_gets_what_stands_behind_it(town):
    assert "payment-service follows <@U1> and  all" in await says(town, "  FOLLOW <@U1> and  all ")


async def test_a_line_break_behind_the_word_is_a_blank(town):
    assert "payment-service follows <@U1>\nand all" in await says(town, "\nfollow\r\n<@U1>\nand all\n")


@pytest.mark.parametrize("text", ["help", "?", "", "HELP"])
async def test_help_lists_what_exists(town, text):
    said = await says(town, text)
    assert "follows" in said
    assert "/incident-action help" in said


async def test_a_word_that_is_nearly_one_is_answered_with_that_and_not_with_all_of_them(town):
    answer = await says(town, "folow me")
    assert answer == "There is no `/incident folow`. Did you mean `/incident follow`? `/incident help` lists all."


async def test_nothing_near_is_answered_with_the_help(town):
    answer = await says(town, "zzz")
    assert "Did you mean" not in answer
    assert "follows" in answer


async def test_a_word_for_an_incident_says_where_it_belongs(town):
    assert "not an incident's channel" in await says(town, "follow x", channel="C0NOWHERE")


async def test_a_refusal_is_said(town):
    assert await says(town, "fail") == "Not done: it is too early."


async def test_a_database_that_is_away_is_said(town):
    assert "database does not answer" in await says(town, "down")


async def test_guests_are_told_why_not(town):
    answer = await says(town, "follow me", user=GUEST)
    assert answer == "Not done: guests cannot run or approve anything. Ask a full member to type it."


@pytest.mark.parametrize("outside", [True, None])
async def test_where_another_company_reads_along_nothing_is_done(town, outside):
    town.people.outside = outside
    assert "Not done" in await says(town, "follow me")


@pytest.mark.parametrize("outside", [True, None])
async def test_what_needs_no_channel_is_done_wherever_a_full_member_is(town, outside):
    town.people.outside = outside
    place = "D0DIRECT"
    assert await says(town, "note it", channel=place) == "noted it"
    assert "not an incident's channel" in await says(town, "follow INC-A", channel=place)
    tapped = await command_of(town).tapped(Tap("note.it", "now", place, DANA))
    assert as_text(tapped) == "tapped now"
    assert await command_of(town).filled(Filled("note.it", "", DANA, channel_id=place)) == {"who": "is nobody"}
    assert "guests cannot" in await says(town, "note it", user=GUEST, channel=place)


async def test_where_slack_never_says_who_reads_along_it_is_said_where_to_type_it(town):
    town.people.outside = None
    answer = await says(town, "follow me", channel="D0DIRECT")
    assert "of private channels and direct messages it never does" in answer
    assert "SHARED_CHANNELS" not in answer


async def test_that_nobody_else_reads_along_is_asked_once_in_a_while_and_noticed_within_a_minute(town):
    command, asked = command_of(town), []
    town.people.asked_for = asked
    said = [await follows(command, town.channel_id) for _ in range(3)]
    assert ("follows" in said[-1], asked) == (True, [town.channel_id])
    assert "follows" in await follows(command, town.channel_id) and len(asked) == 1
    town.people.outside = True
    town.clock.forward(60)
    assert "shared with others" in await follows(command, town.channel_id)


@pytest.mark.parametrize("outside", [True, None])
async def test_a_channel_that_was_refused_is_asked_for_again_at_once(town, outside):
    command, town.people.outside = command_of(town), outside
    assert "Not done" in await follows(command, town.channel_id)
    town.people.outside = False
    assert "follows" in await follows(command, town.channel_id)


async def follows(command, channel_id):
    return as_text(await command.command(Command(channel_id, DANA, "follow me", name="/incident")))


async def test_guests_may_read_the_help(town):
    assert "follows" in await says(town, "help", user=GUEST)


async def test_the_other_command_is_left_to_who_answers_it(town):
    assert "restart" in await says(town, "", name="/incident-action")
    assert "No runbook is called" in await says(town, "follow me", name="/incident-action")


async def test_a_button_is_found_by_how_it_begins(town):
    tapped = await command_of(town).tapped(Tap("follow.me", "now", town.channel_id, DANA))
    assert as_text(tapped) == "tapped now"


async def test_a_button_of_somebody_else_is_left_to_them(town):
    tapped = await command_of(town).tapped(Tap("run", "restart", town.channel_id, DANA))
    assert "begins" in as_text(tapped)
    await town.waits()


async def test_guests_tap_nothing(town):
    tapped = await command_of(town).tapped(Tap("follow.me", "now", town.channel_id, GUEST))
    assert "Not done" in as_text(tapped)


async def test_a_form_says_what_is_wrong_with_it(town):
    filled = await command_of(town).filled(Filled("follow", "", DANA, channel_id=town.channel_id))
    assert filled == {"who": "is nobody"}


async def test_a_reaction_reaches_every_part_and_the_gates(town):
    part = Part(town)
    await town.say("run restart")
    gate = await town.waits()
    posted = town.chat.of(gate).posted
    town.chat.tap(gate, "white_check_mark", DANA)
    await command_of(town, part.words).reacted(Reacted(posted, "white_check_mark", DANA, added=True))
    assert part.reacted == ["white_check_mark"]
    assert type(await town.ended()).__name__ == "Ended"


async def test_two_parts_with_one_word_are_refused(town):
    with pytest.raises(ValueError, match="follow"):
        command_of(town, Part(town).words, Part(town).words)
