"""The runbooks that come with the bot: without a fault, honest about what they change, and safe in what they remove."""

import os
import subprocess
import time
from dataclasses import replace

import pytest

from runbooks.commands import NotAllowedError, Program
from runbooks.gleaning import glean
from runbooks.lint import lint
from runbooks.loader import load
from runbooks.prepare import House, Known, Prepared, Refuse, Skip, prepare
from runbooks.prepared import Outcome, Value
from runbooks.showing import shown

PROGRAMS = ("kubectl", "psql", "aws", "df", "du", "find", "cmctl")
LIBRARY = load(None)
IDS = [book.id for book in LIBRARY.runbooks]


def program(name):
    if name not in PROGRAMS:
        raise NotAllowedError(f"`{name}` is not allowed")
    return Program(f"/usr/bin/{name}", "0" * 64)


HOUSE = House(program, ("feature-flags.internal",), ("FLAGS_TOKEN",))
PLAUSIBLE = {
    "incident_id": "INC-2F7K",
    "service": "checkout",
    "namespace": "shop",
    "pod": "checkout-7f9c4d-x2k",
    "node": "node-7",
    "replicas": "6",
    "replicas_before": "3",
    "revision_now": "14",
    "certificate": "shop-tls",
    "dependency": "geo-lookup",
    "memory_growth_rate": "14.2",
    "memory_percent": "97",
    "real_folder": "/var/log",
    "found": "app",
}
ROWS = (
    {"pid": "4711", "duration": "00:25:03.114", "usename": "shop", "query": "SELECT * FROM orders"},
    {"pid": "4712", "duration": "00:00:00.2", "usename": "shop", "query": "SELECT 1"},
    {"pid": "4713", "duration": "2 days 03:00:00", "usename": "report", "query": "SELECT sum(x); --"},
)


def known(**over):
    values = {name: Value(text, "test") for name, text in (PLAUSIBLE | over).items()}
    return Known(values, ROWS, "query")


def prepared(runbook, number, **over):
    return prepare(LIBRARY.get(runbook), str(number), known(**over), HOUSE)


def every_step():
    return [(book.id, number) for book in LIBRARY.runbooks for number in range(1, len(book.steps) + 1)]


def test_it_has_no_fault():
    assert lint(None, HOUSE) == ()
    assert len(IDS) >= 8
    assert all(book.title for book in LIBRARY.runbooks)


@pytest.mark.parametrize(("runbook", "number"), every_step())
def test_every_step_can_be_prepared_with_plausible_values(runbook, number):
    found = prepared(runbook, number)
    assert isinstance(found, Prepared), found
    assert all("{{" not in shown(deed).replace("{{env.FLAGS_TOKEN}}", "") for deed in found.deeds)


@pytest.mark.parametrize(("runbook", "number"), every_step())
def test_what_changes_something_asks_is_checked_and_says_what_undoes_it(runbook, number):
    found = prepared(runbook, number)
    told = [shown(deed) for deed in found.deeds]
    if found.reads or all("kubectl exec" in text and "-delete" not in text for text in told):
        return
    assert found.asks
    assert found.risk in ("medium", "high")
    nothing_undoes = {"clear-disk", "clear-disk-here", "database-connections", "certificate-expiry"}
    assert found.undo or runbook in nothing_undoes or found.continue_on_failure
    assert found.check or runbook == "clear-disk" or found.continue_on_failure


def test_every_step_says_in_a_sandbox_that_it_needs_the_network():
    for book in LIBRARY.runbooks:
        for step in book.steps:
            for deed in (step, *step.then, *((step.verify.step,) if step.verify else ())):
                if deed.command.split(" ")[0] in ("kubectl", "psql", "cmctl") or deed.action == "copy":
                    assert "network" in deed.needs, (book.id, deed.command)


def test_scaling_up_never_takes_instances_away():
    assert isinstance(prepared("scale-up", 4, replicas="2"), Skip)
    assert isinstance(prepared("scale-up", 4, replicas="100"), Refuse)
    assert "--current-replicas=3 --replicas=6" in shown(prepared("scale-up", 4).deeds[0])
    assert shown(prepared("scale-up", 4).rollback[0]).endswith("--replicas=3")


def test_a_rollback_can_be_undone_to_the_very_revision():
    assert prepared("rollback-deployment", 3).undo.endswith("--to-revision=14")


def test_long_queries_are_ended_one_by_one_and_only_those():
    found = prepared("database-connections", 3)
    assert ["WHERE pid = 4711 " in shown(found.deeds[0]), "WHERE pid = 4713 " in shown(found.deeds[1])] == [True, True]
    assert len(found.deeds) == 2
    forged = ({**ROWS[0], "pid": "1) OR (1=1"},)
    assert isinstance(prepare(LIBRARY.get("database-connections"), "3", replace(known(), rows=forged), HOUSE), Refuse)


def test_the_secret_of_the_flag_service_stays_a_reference():
    found = prepared("dependency-down", 2)
    assert found.deeds[0].headers["Authorization"] == "Bearer {{env.FLAGS_TOKEN}}"
    assert found.deeds[0].body == '{"enabled": false, "reason": "INC-2F7K"}'
    assert '"enabled": true' in found.rollback[0].body


@pytest.mark.parametrize(
    ("name", "value"),
    [("folder", "/etc"), ("folder", "/var/log/../lib"), ("folder", "/var/log/"), ("days", "0"), ("days", "1"),
     ("days", "-7"), ("days", "7 -o -name x"), ("pod", "-x"), ("namespace", "shop --as=admin")],
)  # fmt: skip
def test_only_listed_folders_and_old_files_are_cleared(name, value):
    assert isinstance(prepared("clear-disk", 3, **{name: value}), Skip | Refuse)


def test_a_folder_that_is_really_elsewhere_is_left_alone():
    assert isinstance(prepared("clear-disk", 3, real_folder="/etc"), Skip)


# ── the disk, with real files ────────────────────────────────────────────────────────────────────


@pytest.fixture
def disk(tmp_path):
    """A machine's /var/log/app: old and young files, links that lead out, and what they lead to."""
    app = tmp_path / "var/log/app"
    outside = tmp_path / "etc"
    for folder in (app / "deep", outside):
        folder.mkdir(parents=True)
    for path in (app / "old.gz", app / "deep/old.gz", app / "old.log", outside / "old.gz"):
        path.write_text("x")
        os.utime(path, (time.time() - 30 * 86_400,) * 2)
    (app / "young.gz").write_text("x")
    (app / "folder-out").symlink_to(outside)
    (app / "file-out.gz").symlink_to(outside / "old.gz")
    os.utime(app / "file-out.gz", (time.time() - 30 * 86_400,) * 2, follow_symlinks=False)
    return tmp_path


def run(disk, deed):
    """What the deed writes there: its paths are those below the disk."""
    argv = [arg.replace("/var", f"{disk}/var") for arg in deed.argv]
    found = subprocess.run(argv, capture_output=True, text=True, check=False)
    return Outcome("done" if found.returncode == 0 else "failed", found.returncode, found.stdout.replace(str(disk), ""))


def where_it_is(disk):
    step = LIBRARY.get("clear-disk-here").steps[0]
    return glean(step, run(disk, prepared("clear-disk-here", 1).deeds[0])).values["found"]


def test_old_rotated_logs_go_and_no_link_is_followed(disk):
    assert where_it_is(disk) == "app"
    listed = run(disk, prepared("clear-disk-here", 4).deeds[0]).output.splitlines()
    removal = prepared("clear-disk-here", 5, found=where_it_is(disk))
    assert removal.asks
    assert run(disk, removal.deeds[0]).ok

    assert sorted(listed) == ["/var/log/app/deep/old.gz", "/var/log/app/old.gz"]
    left = sorted(path.relative_to(disk).as_posix() for path in disk.rglob("*") if not path.is_dir())
    assert left == [
        *("etc/old.gz", "var/log/app/file-out.gz", "var/log/app/old.log", "var/log/app/young.gz"),
    ]


@pytest.mark.parametrize("part", ["var", "var/log", "var/log/app"])
def test_a_link_on_the_way_to_the_folder_keeps_everything(disk, part):
    (disk / part).rename(disk / "elsewhere")
    (disk / part).symlink_to(disk / "elsewhere")
    assert isinstance(prepared("clear-disk-here", 5, found=where_it_is(disk)), Skip | Refuse)


def test_a_sandbox_lets_only_the_removal_write_and_only_there():
    book = LIBRARY.get("clear-disk-here")
    assert [deed.needs for step in book.steps for deed in (step, *step.then)] == [(), (), (), (), (), ("/var/log",)]
