"""A briefing in a terminal: nothing of Slack's markup is left, and nothing is lost."""

import re

from bot import compose
from bot.domain.briefing import Briefing, Section
from bot.domain.plain import as_text
from tests.stories.incident_sample import NOW, REPORT, incident


def test_marks_links_and_entities_are_gone() -> None:
    briefing = Briefing(
        "plain",
        "🚨 *SEV1 · a* · <https://x.example/?a=1&amp;b|Alert>",
        (Section(("1 &lt; 2 &amp;&amp; 3 * 4 * 5", "`a*b*c`"), title="Now", aside="(normal)"),),
        "see <#C1|inc-a> and <#C2> · <!date^1^{time}|03:42> · [1]",
    )
    assert as_text(briefing) == (
        "🚨 SEV1 · a · Alert\n\nNow (normal)\n1 < 2 && 3 * 4 * 5\n`a*b*c`\n\nsee #inc-a and #C2 · 03:42 · [1]"
    )


def test_a_whole_briefing_reads_as_text() -> None:
    text = as_text(compose.brief(incident(), REPORT, NOW))
    assert not re.search(r"<http|&amp;|&lt;|\*[A-Z]", text)
    assert max(text.count("\n\n\n"), 0) == 0
