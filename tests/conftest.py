"""What every test may ask for, and what becomes of a test whose program is not installed."""

from __future__ import annotations

import os
import signal
from collections import Counter

import pytest

from tests.real.fixtures import alertmanager, browser, postgres_cluster, postgres_url, prometheus
from tests.real.programs import FINDERS

__all__ = ["alertmanager", "browser", "postgres_cluster", "postgres_url", "prometheus"]

_missing = pytest.StashKey[Counter[str]]()
_skipped = pytest.StashKey[list[str]]()


def _strict() -> bool:
    """On CI everything is installed, so that a skip means that something went untested: it fails there."""
    return os.environ.get("CI", "").lower() not in ("", "0", "false")


def _end(*_: object) -> None:
    """Asked to end from outside, as by `timeout`: like Ctrl-C, so that every server of ours is stopped first."""
    raise KeyboardInterrupt


def pytest_configure(config: pytest.Config) -> None:
    signal.signal(signal.SIGTERM, _end)
    config.stash[_missing] = Counter()
    config.stash[_skipped] = []


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    there = {program: finder() is not None for program, finder in FINDERS.items()}
    for item in items:
        for program in sorted({name for mark in item.iter_markers("needs") for name in mark.args}):
            if program not in there:
                raise pytest.UsageError(f"{item.nodeid}: needs({program!r}), but tests/real/programs.py has no such")
            if there[program]:
                continue
            config.stash[_missing][program] += 1
            if not _strict():
                item.add_marker(pytest.mark.skip(reason=f"needs {program}"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    absent = [name for mark in item.iter_markers("needs") for name in mark.args if FINDERS[name]() is None]
    if absent and _strict():
        pytest.fail(f"needs {', '.join(absent)}: not installed, and CI is set", pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    outcome = yield
    report = outcome.get_result()
    if report.skipped and not hasattr(report, "wasxfail"):
        item.config.stash[_skipped].append(item.nodeid)


@pytest.hookimpl(hookwrapper=True)
def pytest_make_collect_report(collector: pytest.Collector):
    outcome = yield
    if outcome.get_result().skipped:
        collector.config.stash[_skipped].append(collector.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if (
        _strict()
        and session.config.stash[_skipped]
        and exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for program, count in sorted(config.stash[_missing].items()):
        verb = "failed" if _strict() else "skipped"
        tests = "test needs" if count == 1 else "tests need"
        terminalreporter.write_line(f"{verb}: {count} {tests} {program}, which is not installed", yellow=True)
    if _strict() and config.stash[_skipped]:
        terminalreporter.write_line(f"CI allows no skips: {', '.join(config.stash[_skipped])}", red=True)
