"""Recordings in, one JSON line each out."""

from __future__ import annotations

import gzip
import io
import json
import shutil
from pathlib import Path

import pytest

from bot.replaying.replay import BadRecording, read_recording, replay
from integrations.contract import Change, Logs, Series

RECORDINGS = Path(__file__).parent.parent / "recordings"


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return Path(shutil.copytree(RECORDINGS / "false-alarm", tmp_path / "r-1"))


def lines(*paths: Path) -> tuple[int, list[dict]]:
    out = io.StringIO()
    code = replay(paths, out)
    return code, [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_folder_of_recordings_gives_one_line_each():
    code, found = lines(RECORDINGS)
    assert code == 0
    assert [line["recording"] for line in found] == sorted(p.name for p in RECORDINGS.iterdir() if p.is_dir())
    assert all(line["seconds"] >= 0 for line in found)
    named = {line["recording"]: line["causes"][0] for line in found}
    assert named["upstream-down"] == {"service": "rates-store", "confidence": "high"}


def test_where_there_is_no_cause_the_first_place_says_so():
    _, (line,) = lines(RECORDINGS / "false-alarm")
    assert line["causes"][0] == {"service": None, "confidence": "unknown"}


def test_weaker_suspects_follow_and_nobody_is_named_twice():
    _, (line,) = lines(RECORDINGS / "upstream-down")
    names = [cause["service"] for cause in line["causes"]]
    assert len(names) == len(set(names)) > 1
    assert {cause["confidence"] for cause in line["causes"][1:]} <= {"low", "unknown"}


def test_the_truth_is_never_read(recording):
    (recording / "truth.json").write_text("not even JSON")
    assert lines(recording)[0] == 0
    (recording / "truth.json").unlink()
    assert lines(recording)[0] == 0


def test_a_bad_folder_is_named_and_the_good_ones_are_replayed_all_the_same(recording, capsys):
    bad = recording.parent / "r-2"
    shutil.copytree(recording, bad)
    (bad / "metrics.csv.gz").write_bytes(b"no gzip")
    code, found = lines(recording.parent)
    assert code == 1
    assert [line["recording"] for line in found] == ["r-1"]
    assert "r-2" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["alert.json", "meta.json", "metrics.csv.gz", "deployments.json"])
def test_a_recording_without_one_of_its_files_is_refused(recording, name):
    (recording / name).unlink()
    with pytest.raises(BadRecording, match="r-1"):
        read_recording(recording)


def test_a_path_that_is_not_there_is_an_error(tmp_path):
    assert lines(tmp_path / "nothing")[0] == 1


def test_without_logs_and_without_a_catalogue_it_still_reads(recording):
    (recording / "logs.jsonl.gz").unlink()
    (recording / "services.yaml").unlink()
    read = read_recording(recording)
    assert not read.of(Logs)
    assert list(read.scope.services) == ["profile-api"]


def test_a_sample_of_the_lines_says_how_many_there_were(recording):
    meta = json.loads((recording / "meta.json").read_text())
    kept = meta["logs"]["lines"]
    meta["logs"]["of"] = 10 * kept
    (recording / "meta.json").write_text(json.dumps(meta))
    (logs,) = read_recording(recording).of(Logs)
    assert logs.total == 10 * len(logs.lines)


def test_earlier_incidents_are_left_out_of_what_is_normal(recording):
    meta = json.loads((recording / "meta.json").read_text())
    before = sum(len(series.times) for series in read_recording(recording).of(Series))
    since = meta["span"][0]
    meta["earlier_incidents"] = [[since, since.replace("T01", "T02")]]
    (recording / "meta.json").write_text(json.dumps(meta))
    assert sum(len(series.times) for series in read_recording(recording).of(Series)) < before


def test_deployments_come_as_changes_and_figures_without_a_number_are_left_out(recording):
    assert read_recording(recording).of(Change)
    path = recording / "metrics.csv.gz"
    with gzip.open(path, "rt") as text:
        head, *_ = text.read().splitlines()
    with gzip.open(path, "wt") as text:
        text.write(f"{head}\n2026-09-14T03:00:00Z,a,,,cpu,NaN,x\n2026-09-14T03:01:00Z,a,,,cpu,5,x\n")
    (series,) = read_recording(recording).of(Series)
    assert series.values == (5.0,)


def test_requests_that_the_form_counts_by_interval_come_as_a_rate(recording):
    meta = json.loads((recording / "meta.json").read_text())
    rate = [s.values for s in read_recording(recording).of(Series) if s.signal == "requests"]
    (recording / "meta.json").write_text(json.dumps({**meta, "step_seconds": 300}))
    counted = [s.values for s in read_recording(recording).of(Series) if s.signal == "requests"]
    assert counted == [tuple(value / 300 for value in values) for values in rate]
