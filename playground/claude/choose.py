"""Which of the offered tools a question calls for, by its words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Topic:
    """What a question can be about: the words that tell it, the tools that know, and the look that would tell more."""

    words: re.Pattern[str]
    tools: tuple[str, ...]
    surer: str


def _topic(words: str, tools: str, surer: str) -> Topic:
    return Topic(re.compile(rf"\b({words})", re.IGNORECASE), tuple(tools.split()), surer)


TOPICS = (
    _topic("diff|what exactly", "show_diff", "the same setting as the running pods have it"),
    _topic(
        "deploy|chang|releas|roll(ed)? ?out|merge|version|commit",
        "deployments",
        "the same setting as the running pods have it",
    ),
    _topic("when will|run(s|ning)? out|full|how long until", "forecast", "the same fit over a longer time"),
    _topic("timeline|so far|in what order|what happened", "timeline", "the figures around the first entry"),
    _topic(
        "error|fail|latency|slow|p\\d\\d|traffic|requests|cpu|memory|metric|connections|pool|disk|restart|still|status",
        "query_metrics",
        "the same figure by instance",
    ),
    _topic("refused|timeouts?|timed out|denied|killed", "search_logs log_patterns", "what answers at the other end"),
    _topic("log|exception|stack|message", "log_patterns search_logs", "the lines of one failing request by its id"),
    _topic("before|similar|histor|last time|seen this", "similar_incidents", "what its fix changed"),
    _topic("runbook|playbook|how do we fix", "read_runbook", "whether its condition holds now"),
    _topic("who|on.?call|owner|page", "on_call", "whether they have acknowledged"),
    _topic("alert|else is (firing|open)", "open_alerts", "the figures behind the newest of them"),
    _topic("why|cause|wrong", "log_patterns deployments", "the onset beside the last change"),
)
OTHERWISE = _topic("(?!)", "service_facts", "a question that names a figure, a log or a change")


def topics(question: str) -> tuple[Topic, ...]:
    """What the question is about; never empty."""
    return tuple(topic for topic in TOPICS if topic.words.search(question)) or (OTHERWISE,)


def chosen(question: str, offered: Sequence[str]) -> list[str]:
    """The tools to begin with, at most two: of each topic the first that is offered, then its others."""
    found = topics(question)
    first = [next((tool for tool in topic.tools if tool in offered), "") for topic in found]
    others = [tool for topic in found for tool in topic.tools if tool in offered and len(found) == 1]
    return [tool for tool in dict.fromkeys([*first, *others]) if tool][:AT_ONCE]
