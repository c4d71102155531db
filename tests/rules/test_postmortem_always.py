"""What holds in every postmortem: facts have sources, nobody is named, no secret and no foreign markup is in it."""

import re
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.analysis import Analysis, Cause, Fact, LogPattern, RuledOut
from bot.domain.context import Report
from bot.domain.run import Ended
from integrations.contract import Change, Gap, OnCall
from tests.guard.leaks import LEAKS
from tests.rules.postmortems import CLOSED, CLOSING, INCIDENT, REPORT, chapter, deed, entry, facts, good_run, run, text

CITED = re.compile(r"\[(\d+)\]")
NAMES = st.text("qxzjkv", min_size=4, max_size=9).map(str.capitalize)
"""Letters that no sentence of the bot's has in such a row."""
IDS = st.from_regex(r"[UW][A-Z0-9]{5}[0-9]{3}", fullmatch=True)
WORDS = st.text(max_size=120)
OTHER_WORDS = st.text("abc <>@[]UW01.`", max_size=60)
"""None of them is a name."""


class Made(dict):
    """Hypothesis writes out what it made: reports take pages."""

    def __repr__(self):
        return f"<{self['closing']!r}, {len(self['runs'])} runs>"


@st.composite
def records(draw, words=WORDS):
    """Any incident: with and without a report, a cause, runs, entries; texts of any kind."""
    n = draw(st.integers(0, 3))
    some = [Fact(i, "github", "payment-service", draw(words) or "x") for i in range(1, n + 1)]
    cites = st.lists(st.integers(1, 5), max_size=3).map(tuple)
    causes = [
        Cause("payment-service", draw(st.sampled_from(["change", "resource"])), draw(words), level, draw(cites))
        for level in draw(st.lists(st.sampled_from(["high", "medium", "low"]), max_size=2))
    ]
    patterns = (LogPattern("payment-service", draw(words) or "x", 3, 0, CLOSED),)
    found = Analysis(
        tuple(causes), None, tuple(some), REPORT.analysis.signals, patterns, (RuledOut(draw(words), (1,)),)
    )
    context = replace(REPORT.context, gaps=tuple(Gap("github", reason) for reason in draw(st.lists(words, max_size=2))))
    kinds = st.sampled_from(["note", "cause", "acknowledged", "status", "pinned"])
    entries = [entry(kind, draw(words), number=i) for i, kind in enumerate(draw(st.lists(kinds, max_size=4)), 1)]
    ends = st.sampled_from([good_run(), run(*deed("failed", 1), Ended(CLOSED, "failed", draw(words)))])
    return Made(
        report=draw(st.sampled_from([None, Report(context, found)])),
        entries=entries,
        runs=draw(st.lists(ends, max_size=2)),
        closing=replace(
            CLOSING,
            words=draw(words),
            how=draw(st.sampled_from(["by a person", "by itself", "not reviewed"])),
            false_alarm=draw(st.booleans()),
            firing=tuple(draw(st.lists(words, max_size=1))),
        ),
        slo=draw(st.sampled_from([None, 99.9])),
    )


@given(records())
@settings(max_examples=40, deadline=None)
def test_each_sentence_of_fact_cites_a_source_that_exists(made):
    whole = text(**made)
    known = {int(line.partition("]")[0][3:]) for line in chapter(whole, "Sources").splitlines() if line}
    assert facts(whole)
    for line in facts(whole):
        cited = {int(number) for number in CITED.findall(line)}
        assert cited, line
        assert cited <= known, line


@given(records(OTHER_WORDS), NAMES, NAMES, IDS)
@settings(max_examples=40, deadline=None)
def test_nobody_is_named_unless_that_is_asked_for(made, first, last, user):
    said = (
        f"{first} {last} and <@{user}> paged {first.lower()}@corp.example, @{last.lower()} and {user}; {last} fixed it"
    )
    told = REPORT.context.findings
    people = (
        replace(next(one for one in told if isinstance(one, Change)), author=f"{first} {last}", title=said),
        replace(next(one for one in told if isinstance(one, OnCall)), name=f"{first} {last}"),
    )
    report = replace(REPORT, context=replace(REPORT.context, findings=people))
    made |= {
        "report": report,
        "closing": replace(made["closing"], by=user, words=said),
        "entries": [entry("cause", said, who=user), entry("lead", value=user, who=user, number=2)],
        "runs": [run(*deed(), Ended(CLOSED, "failed", said), asked_by=user)],
    }
    whole = text(**made)
    assert not [name for name in (first, last, user, first.lower(), "@", "corp.example") if name in whole]
    assert user in text(**made, named=True)


@given(st.sampled_from(LEAKS), st.sampled_from(["note", "cause", "status"]))
@settings(max_examples=40, deadline=None)
def test_no_secret_is_in_it(leak, kind):
    whole = text(entries=[entry(kind, leak.line)], closing=replace(CLOSING, words=leak.line))
    assert leak.secret not in whole


@given(
    records(
        st.sampled_from(HOSTILE := ["# x", "[1] <@U1> @here", "![x](http://a.b)", "a\n## Sources\n- [9] y", "<b>|`"])
    )
)
@settings(max_examples=30, deadline=None)
def test_words_from_outside_neither_format_nor_ping_nor_forge(made):
    whole = text(**made, incident=replace(INCIDENT, title=HOSTILE[3]))
    assert [line for line in whole.splitlines() if line.startswith("## ")] == HEADINGS
    assert not re.search(r"@|!\[|\]\(|<(?!https?://)", re.sub(r"`[^`\n]*`", "", whole))


HEADINGS = [
    f"## {title}"
    for title in (
        *("Executive summary", "Impact", "Timeline (UTC)", "Root cause analysis"),
        *("Resolution", "Action items", "Lessons learned", "Sources"),
    )
]
