"""The tools of a model in one process: found by name, within their time, masked, and never a crash."""

import asyncio
from dataclasses import replace

import pytest

from bot.looking.toolbox import Toolbox, specs_of
from bot.rests import FAILURES
from integrations.arguments import spec
from integrations.contract import TOOL_ANSWER_BYTES, Look, Refused, ToolAnswer, Unreachable
from tests.guard.made import KEYS, pem
from tests.stories.incident_sample import SCOPE

ANSWER = ToolAnswer("two figures", "figures", "https://there.example/x", services=("checkout",))


class Tool:
    """Does as it is told, and counts how often it was used."""

    def __init__(self, name="figures", *, says=ANSWER, fails=None, after=0.0):
        self.spec = spec(name, "Figures.")
        self.says, self.fails, self.after, self.used = says, fails, after, 0

    async def use(self, arguments, scope):
        self.used += 1
        await asyncio.sleep(self.after)
        if self.fails:
            raise self.fails
        return self.says


class Source:
    name = "prometheus"

    def __init__(self, *tools):
        self.tools = tools

    async def look(self, scope):
        return Look()


async def use(*tools, name="figures", limit_s=5.0):
    return await Toolbox([Source(*tools)], (), limit_s).use(name, {}, SCOPE)


async def test_an_answer_is_given_back_as_it_is():
    assert await use(Tool()) == ANSWER


def test_tools_are_told_of_in_the_order_of_their_names():
    own = Tool("about").spec
    told = specs_of([Source(Tool("zebra"), Tool("figures"))], [own])
    assert [one.name for one in told] == ["about", "figures", "zebra"]


async def test_an_unknown_tool_is_refused_with_those_that_there_are():
    with pytest.raises(Refused, match="there is no such tool; there are about, figures"):
        await Toolbox([Source(Tool())], [Tool("about")]).use("rm", {}, SCOPE)


async def test_secrets_are_masked_in_every_part_of_an_answer():
    secret = KEYS["aws access key"][1]
    told = ToolAnswer(f"key {secret} there", f"logs with {secret}", None, f"the first 2 of 3 {secret}")
    answer = await use(Tool(says=told))
    assert secret not in repr(answer)
    assert answer.text == "key [redacted: aws key] there"


@pytest.mark.parametrize("before", ["", "  ", "+"], ids=["plain", "set in", "in a diff"])
@pytest.mark.parametrize("kept", [8, 4], ids=["whole", "cut"])
async def test_a_key_of_several_lines_is_masked_wherever_it_was_cut(before, kept):
    lines = pem().split("\n")
    body = [line for line in lines if "-----" not in line]
    told = "\n".join(before + line for line in lines[:kept])
    answer = await use(Tool(says=replace(ANSWER, text=f"head\n{told}\ntail")))
    assert [line for line in body if line in answer.text] == []
    assert answer.text.startswith("head\n")


async def test_and_in_what_it_fails_with():
    secret = KEYS["aws access key"][1]
    with pytest.raises(Refused) as refused:
        await use(Tool(fails=Refused("prometheus", f"no {secret} here", "set IT")))
    assert (refused.value.source, refused.value.reason) == ("prometheus", "no [redacted: aws key] here")


async def test_marks_that_are_longer_than_secrets_do_not_make_it_longer_than_it_may_be():
    line = "password=hunter2x\n"
    answer = await use(Tool(says=replace(ANSWER, text=line * (TOOL_ANSWER_BYTES // len(line)))))
    assert len(answer.text.encode()) <= TOOL_ANSWER_BYTES
    assert answer.text.endswith("\n(cut: without its end)")
    assert answer.cut == "without its end"
    assert "hunter2x" not in answer.text


async def test_one_that_takes_too_long_is_ended():
    with pytest.raises(Unreachable, match=r"figures: no answer in 0.05 s"):
        await use(Tool(after=5), limit_s=0.05)


async def test_a_bug_is_an_answer_too():
    with pytest.raises(Unreachable, match="failed inside the bot"):
        await use(Tool(fails=KeyError("oops")))


async def test_one_that_keeps_silent_is_left_alone_and_the_others_are_not():
    silent, other = Tool(fails=Unreachable("prometheus", "no answer")), Tool("other")
    toolbox = Toolbox([Source(silent, other)])
    for _ in range(FAILURES):
        with pytest.raises(Unreachable, match="no answer"):
            await toolbox.use("figures", {}, SCOPE)
    with pytest.raises(Unreachable, match="left alone for a minute"):
        await toolbox.use("figures", {}, SCOPE)
    assert silent.used == FAILURES
    assert await toolbox.use("other", {}, SCOPE) == ANSWER


async def test_a_refusal_is_an_answer_and_never_ends_in_silence():
    refusing = Tool(fails=Refused("prometheus", "not that one"))
    toolbox = Toolbox([Source(refusing)])
    for _ in range(2 * FAILURES):
        with pytest.raises(Refused):
            await toolbox.use("figures", {}, SCOPE)
    assert refusing.used == 2 * FAILURES
