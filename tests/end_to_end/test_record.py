"""An incident of one's own becomes a recording, and is replayed like any other; with a model it has its price."""

import json

from tests.end_to_end.watch import briefed, channel_of

SERVICE = "payment-service"


async def test_an_incident_is_recorded_and_replayed_with_the_same_cause(open_town, tmp_path):
    async with open_town(model="script") as town:
        await town.director.start("wrong-endpoint")
        await briefed(town, SERVICE)
        incident = channel_of(town, SERVICE).purpose["value"].split()[1].rstrip(",")

        code, out = await town.bot.run("record", incident, "--folder", str(tmp_path / "own"))
        assert code == 0, out
        assert "series" in out
        assert "nobody has said yet in which service it lay" in out

        code, out = await town.bot.run("replay", str(tmp_path / "own"))
        (line,) = map(json.loads, out.splitlines())
        assert (code, line["recording"]) == (0, incident)
        assert line["causes"][0] == {"service": SERVICE, "confidence": "high"}

        code, out = await town.bot.run("replay", "--model", str(tmp_path / "own"))
        each, together = map(json.loads, out.splitlines())
        assert code == 0, out
        assert (each["without_model"], each["change"]) == (SERVICE, "same")
        assert each["tokens"] == together["tokens"] > 0
        assert each["dollars"] == together["dollars"] > 0
        assert together["first_cause"] == {"same": 1, "better": 0, "worse": 0, "other": 0}

        code, out = await town.bot.run("replay", "--model", "--most-dollars", "0", str(tmp_path / "own"))
        each, together = map(json.loads, out.splitlines())
        assert "budget" in each["no_opinion"]
        assert (code, together["with_opinion"], together["dollars"]) == (0, 0, 0)


async def test_what_cannot_be_recorded_is_said_in_a_sentence(open_town, tmp_path):
    async with open_town() as town:
        code, err = await town.bot.run("record", "INC-NOTHING", "--folder", str(tmp_path))
        assert code == 1
        assert err == "first-responder: no incident is called INC-NOTHING\n"
