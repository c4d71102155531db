"""What every test may ask for, and what becomes of a test whose program is not installed."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

from tests.real.fixtures import alertmanager, browser, postgres_cluster, postgres_url, prometheus
from tests.real.programs import FINDERS

__all__ = ["alertmanager", "browser", "postgres_cluster", "postgres_url", "prometheus"]

SLOW_TO_START = "tests/rooms/elasticsearch/"
"""These tests run on one worker, so that Elasticsearch is started once. (xdist's own groups are lost on pytest 9.2.)"""
STOP_WORKERS_S = 30
"""A worker that is stopped has servers to stop; it would be killed after ten seconds, and they would be left behind."""

settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # no example fails because the machine stood still


def _strict() -> bool:
    """On CI everything is installed, so that a skip means that something went untested: it fails there."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _end(*_: object) -> None:
    """Asked to end from outside, as by `timeout`: like Ctrl-C, so that every server of ours is stopped first."""
    raise KeyboardInterrupt


class Absences:
    """What did not run, out of the reports: they come from the workers too, where several run the tests."""

    def __init__(self) -> None:
        self.missing: Counter[str] = Counter()
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "setup":
            self.missing.update(value for name, value in report.user_properties if name == "missing")
        if report.skipped and not hasattr(report, "wasxfail"):
            self.skipped.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        nothing_failed = exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if _strict() and self.skipped and nothing_failed:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for program, count in sorted(self.missing.items()):
            verb = "failed" if _strict() else "skipped"
            tests = "test needs" if count == 1 else "tests need"
            terminalreporter.write_line(f"{verb}: {count} {tests} {program}, which is not installed", yellow=True)
        if _strict() and self.skipped:
            terminalreporter.write_line(f"CI allows no skips: {', '.join(self.skipped)}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, _end)
    config.pluginmanager.register(Absences(), "absences")
    NodeManager.EXIT_TIMEOUT = STOP_WORKERS_S


class OneByOne(LoadScopeScheduling):
    """Each test goes to whichever worker is free, but for those that share a server which takes long to start."""

    def _split_scope(self, nodeid: str) -> str:
        return SLOW_TO_START if nodeid.startswith(SLOW_TO_START) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneByOne:
    return OneByOne(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    there = {program: finder() is not None for program, finder in FINDERS.items()}
    for item in items:
        needs = sorted({name for mark in item.iter_markers("needs") for name in mark.args})
        for program in needs:
            if program not in there:
                raise pytest.UsageError(f"{item.nodeid}: needs({program!r}), but tests/real/programs.py has no such")
            if there[program]:
                continue
            item.user_properties.append(("missing", program))
            if not _strict():
                item.add_marker(pytest.mark.skip(reason=f"needs {program}"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    absent = [name for mark in item.iter_markers("needs") for name in mark.args if FINDERS[name]() is None]
    if absent and _strict():
        pytest.fail(f"needs {', '.join(absent)}: not installed, and CI is set", pytrace=False)
