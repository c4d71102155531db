"""A talk with a model ends, within its limits, whatever the model wants."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.dialogue import Opaque, Reply, Text, ToolResult, ToolUse
from bot.domain.money import Money, Usage
from bot.domain.question import Source
from bot.domain.talk import Talk, Used
from bot.questions import next_turn


def reply(stop, uses=(), tokens=1_000, text="So far [1]."):
    return Reply("m", (Text(text), *uses), stop, Usage(input=tokens))


def use(number, given_=None):
    return ToolUse(f"t{number}", "query_metrics", {"n": number} if given_ is None else given_)


def begun():
    return next_turn.begin("<question>\nwhy?\n</question>", Talk((), (Source(1, "fact"),)))


def answered(talk):
    """Every wanted use gets an answer."""
    return next_turn.told(
        talk, [Used(next_turn.key_of(one), ToolResult(one.id, "x"), Source(50, "s")) for one in next_turn.fresh(talk)]
    )


def walk(talk, replies):
    """The talk with a model that replies so, for ever the last one; and what it was asked."""
    requests = []
    replies = list(replies)
    while not talk.over:
        request = next_turn.request(talk, "system", ())
        requests.append(request)
        talk = next_turn.heard(talk, replies[min(len(requests), len(replies)) - 1], Money(1), not request.may_use_tools)
        if next_turn.wanted(talk):
            talk = answered(talk)
    return talk, requests


stops = st.sampled_from(["end_turn", "tool_use", "max_tokens", "refusal", "pause_turn", "context_full"])
wishes = st.lists(st.builds(use, st.integers(0, 5)), max_size=7, unique_by=lambda one: one.id)
replies = st.lists(st.builds(reply, stops, wishes, st.integers(0, 30_000)), min_size=1, max_size=12)


@given(replies)
@settings(max_examples=300)
def test_every_talk_ends_within_its_limits(replies):
    talk, requests = walk(begun(), replies)
    assert len(requests) <= next_turn.MOST_TURNS
    assert talk.calls <= next_turn.MOST_CALLS
    heaviest = max(one.usage.total for one in replies)
    assert talk.used.total < next_turn.MOST_TOKENS + 2 * heaviest
    assert all(times <= next_turn.MOST_TIMES + len(replies[0].blocks) for times in talk.times.values())


@given(replies)
def test_every_use_gets_its_result_in_the_next_message(replies):
    _, requests = walk(begun(), replies)
    for request in requests:
        for said, after in zip(request.messages, [*request.messages[1:], None], strict=True):
            wanted = [block.id for block in said.blocks if isinstance(block, ToolUse)]
            if said.role == "assistant" and wanted:
                assert after is not None
                assert [block.id for block in after.blocks if isinstance(block, ToolResult)] == wanted


def test_tools_are_sorted_so_that_the_prefix_stays_the_same():
    from integrations.contract import ToolSpec

    tools = [ToolSpec(name, "", {}) for name in ("b", "a", "c")]
    assert [tool.name for tool in next_turn.request(begun(), "s", tools).tools] == ["a", "b", "c"]


def test_the_order_of_arguments_makes_no_other_question():
    assert next_turn.key_of(use(1, {"a": 1, "b": 2})) == next_turn.key_of(use(2, {"b": 2, "a": 1}))


def test_older_results_are_shortened_when_the_context_is_full_and_what_is_pinned_stays():
    talk = begun()
    for number in range(4):
        thought = Opaque('{"type": "thinking"}', "m")
        talk = next_turn.heard(talk, reply("tool_use", (thought, use(number))), Money(1), forced=False)
        big = ToolResult(f"t{number}", f'<data id="{number}" source="x">\n' + "y" * 30_000 + "\n</data>")
        talk = next_turn.told(talk, [Used(next_turn.key_of(use(number)), big, None)])
    messages = next_turn.request(talk, "s", ()).messages
    results = [block for message in messages for block in message.blocks if isinstance(block, ToolResult)]
    assert [len(one.text) > 10_000 for one in results] == [False, False, True, True]
    assert results[0].text.endswith("</data>")
    assert not any(isinstance(block, Opaque) for message in messages for block in message.blocks)
    assert messages[0] == talk.messages[0]


def test_a_talk_that_was_cut_short_says_why():
    talk = next_turn.cut_short(begun(), "model", "the budget of $1.00 a day is spent", Money(7))
    assert (talk.over, talk.why, talk.cost) == (True, "model", Money(7))
    assert replace(talk, over=False, why="", words="", cost=Money(0)) == begun()
