"""One source does everything but its duty: the others are in the briefing all the same, and memory stays as it was."""

from pathlib import Path

import pytest

from tests.end_to_end.test_looking import looker
from tests.end_to_end.watch import briefed, until
from tests.rooms.misbehaving import HUGE, hangs, is_huge, misbehaving, redirects_in_circles, trickles_a_body

SERVICE = "payment-service"


def peak(pid):
    """Bytes that the process has held at most."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.parametrize("act", [is_huge, redirects_in_circles, trickles_a_body, hangs], ids=lambda act: act.__name__)
async def test_a_source_that_misbehaves_is_a_gap_and_the_others_are_there(open_town, act):
    with misbehaving(act) as there:
        async with open_town(SOURCE_TIMEOUT_S="12", GATHER_DEADLINE_S="14", ELASTICSEARCH_URL=there.url) as town:
            await until(lambda: "source not ready" in town.bot.log.read_text(), what="the first look at it")
            before = peak(await until(lambda: looker(town), what="the process that looks"))
            await town.director.start("wrong-endpoint")
            text = await briefed(town, SERVICE)
            assert "lasticsearch" in text.partition("Could not look")[2], text
            for found in ("v2.34.1", "23.4 %"):  # from GitHub, and from Prometheus
                assert found in text, (found, text)
            assert peak(looker(town)) - before < HUGE
            assert "Traceback" not in town.bot.log.read_text()
