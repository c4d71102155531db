"""What is written down as a recording is read back as it was, without secrets, and without anything later."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.context import Context
from bot.domain.memory import Blamed, Fingerprint, Memory
from bot.guard.redact import Redaction
from bot.replaying.record import truth_of
from bot.replaying.recording import Truth, until, write_recording
from bot.replaying.replay import read_recording
from integrations.contract import Alert, Change, Gap, LogLine, Logs, Scope, Series, Service, Window

ALERTED = datetime(2026, 11, 3, 3, 42, tzinfo=UTC)
SINCE = ALERTED - timedelta(hours=2)
MASK = Redaction(emails=True, cards=True).text


def context(*findings, gaps=()):
    alert = Alert(
        *("alertmanager", "f00d", "HighErrorRate", "firing", ALERTED),
        severity="critical",
        summary="12 % fail, tell dana@example.com",
        labels={"service": "cart", "env": "prod"},
    )
    services = {"cart": Service("cart", depends_on=("bank",)), "bank": Service("bank")}
    window = Window(SINCE, until(ALERTED, ALERTED + timedelta(hours=1)))
    return Context(Scope("INC-1", "prod", (alert,), services, window), findings, gaps)


def series(times, values, signal="latency_p99", **more):
    return Series("cart", signal, tuple(times), tuple(values), **more)


def written(tmp_path, found, truth=None):
    write_recording(tmp_path / "INC-1", found, truth, MASK)
    return tmp_path / "INC-1"


MOMENTS = st.integers(0, 120).map(lambda minute: (SINCE + timedelta(minutes=minute)).timestamp())
FIGURES = st.floats(-1e12, 1e12)
POINTS = st.dictionaries(MOMENTS, FIGURES, min_size=2, max_size=20)


@given(points=st.dictionaries(st.sampled_from(["requests", "latency_p99", "cpu"]), POINTS, min_size=1))
def test_every_figure_comes_back_as_it_was(points, tmp_path_factory):
    found = [series(sorted(known), (known[at] for at in sorted(known)), signal) for signal, known in points.items()]
    folder = written(tmp_path_factory.mktemp("recordings"), context(*found))
    back = read_recording(folder)
    read = {one.signal: one for one in back.of(Series)}
    assert {signal: one.times for signal, one in read.items()} == {one.signal: one.times for one in found}
    for one in found:  # long steps count requests by interval, so that they come back within a rounding
        assert read[one.signal].values == pytest.approx(one.values, rel=1e-12)
    assert back.scope.services == context().scope.services
    assert back.scope.window == context().scope.window


def test_lines_and_changes_come_back_masked_and_nameless(tmp_path):
    logs = Logs((LogLine(ALERTED, "cart", "login as admin with password=hunter2hunter2 from bob@example.com"),), 40)
    change = Change("cart", "deployment", ALERTED, "v2", "v1", author="dana", title="for dana@example.com")
    folder = written(tmp_path, context(series([ALERTED.timestamp()], [1.0]), logs, change))
    raw = b"".join(gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in folder.iterdir())
    assert not [secret for secret in (b"hunter2", b"@example.com", b"dana") if secret in raw]
    back = read_recording(folder)
    assert [(one.version, one.previous, one.author) for one in back.of(Change)] == [("v2", "v1", "")]
    (read,) = back.of(Logs)
    assert len(read.lines) == 1
    assert read.total == 40


def test_nothing_in_it_is_later_than_ten_minutes_after_the_alert(tmp_path):
    late = ALERTED + timedelta(minutes=11)
    found = context(
        series([ALERTED.timestamp(), late.timestamp()], [1.0, 9.0]),
        Logs((LogLine(ALERTED, "cart", "early"), LogLine(late, "cart", "late")), 2),
        Change("cart", "deployment", late, "v3"),
    )
    back = read_recording(written(tmp_path, found))
    assert back.of(Series)[0].values == (1.0,)
    assert [line.message for logs in back.of(Logs) for line in logs.lines] == ["early"]
    assert back.of(Change) == ()


def test_what_could_not_be_seen_is_noted_and_no_truth_is_made_up(tmp_path):
    folder = written(tmp_path, context(series([ALERTED.timestamp()], [1.0]), gaps=(Gap("elasticsearch", "401"),)))
    assert json.loads((folder / "meta.json").read_text())["notes"] == ["not seen: elasticsearch"]
    assert not (folder / "truth.json").exists()
    assert not (folder / "logs.jsonl.gz").exists()


def test_a_folder_that_is_there_is_left_alone(tmp_path):
    written(tmp_path, context(series([ALERTED.timestamp()], [1.0])))
    with pytest.raises(FileExistsError):
        written(tmp_path, context())


def remembered(**more):
    seen = Fingerprint(causes=(Blamed("bank", "change"),))
    given_ = {"cause": "bank v2", "fingerprint": seen, "began_at": ALERTED} | more
    return Memory("INC-1", "INC-1", "cart", "HighErrorRate", ALERTED, **given_)


@pytest.mark.parametrize(
    ("memory", "truth"),
    [
        (remembered(), None),
        (remembered(review="rejected"), None),
        (remembered(review="accepted"), Truth("bank", "change", True, ALERTED)),
        (remembered(false_alarm=True), Truth(None)),
        (remembered(cause_by="person", cause="the Cart itself leaked"), Truth("cart", "change", True, ALERTED)),
        (remembered(cause_by="person", cause="a cable was cut"), None),
    ],
)
def test_the_truth_is_what_people_have_said(memory, truth):
    assert truth_of([memory], context()) == truth


def test_the_truth_goes_where_the_scorer_looks_for_it(tmp_path):
    folder = written(tmp_path, context(), Truth("bank", "change", True, ALERTED))
    told = json.loads((folder / "truth.json").read_text())
    assert (told["service"], told["deployment"], told["candidates"]) == ("bank", True, 2)
    assert Path(folder / "metrics.csv.gz").exists()
