"""What people are told is true: paths, links, settings, commands and metrics."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from bot import __version__, insist, look, rests, schedules
from bot.__main__ import app
from bot.domain import run
from bot.domain.context import Context
from bot.domain.digest import Course, Fired, Week, digest_of
from bot.domain.incident import Incident, Severity
from bot.domain.money import Money, Usage
from bot.measures import Measures
from bot.runs import gates
from bot.slack import web
from bot.state import database, engine
from bot.web import webhooks
from integrations import chromadb, elasticsearch, github, pagerduty, payload, prometheus
from integrations.chromadb import client as chroma_client
from integrations.contract import Alert, Gap, Scope, Service, Window
from integrations.elasticsearch import sample
from integrations.github import context as github_context
from integrations.prometheus.templates import DEFAULTS, labels_of, render
from runbooks import prepare
from runbooks.running import keeper, kept, output
from tests.pages import ROOT, pages, section, text_of

FOLDERS = ("bot", "integrations", "runbooks", "playground", "tests", "docs", "deploy/alerts", ".ci")
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


# ── paths and links ──────────────────────────────────────────────────────────────────────────────


@pages
def test_every_path_that_is_named_exists(page):
    named = re.findall(rf"(?<![\w./-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*)", page.read_text())
    assert [path for path in {name.rstrip(".") for name in named} if not list(ROOT.glob(path))] == []


@pages
def test_every_file_of_the_root_that_is_named_exists(page):
    words = set(re.findall(r"`([\w.-]+\.(?:md|toml|yaml|example|lock))`", page.read_text()))
    made_by_the_reader = {"services.yaml", "autonomy.yaml", "alertmanager.yml"}
    beside = (ROOT, page.parent)
    assert [word for word in words - made_by_the_reader if not any((folder / word).exists() for folder in beside)] == []


@pages
def test_every_relative_link_leads_somewhere(page):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            broken.append(target)
    assert broken == []


def anchors(page):
    """The ids that headings get: lower case, punctuation gone, spaces to dashes."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_the_architecture_names_everything_that_stands_directly_in_the_house():
    tree = section("ARCHITECTURE.md", "The tree")
    inside = [path for folder in ("bot", "integrations") for path in (ROOT / folder).iterdir()]
    modules = [path.relative_to(ROOT).as_posix() for path in inside if path.suffix == ".py" and path.stem != "__init__"]
    packages = [f"{path.relative_to(ROOT).as_posix()}/" for path in inside if (path / "__init__.py").exists()]
    assert [path for path in sorted(modules + packages) if path not in tree] == []


def test_every_decision_is_listed():
    listed = re.findall(r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", text_of("docs/adr/README.md"), re.MULTILINE)
    files = sorted(path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [file for _, file in listed] == files
    for number, file in listed:
        text = text_of(f"docs/adr/{file}")
        assert text.startswith(f"# {number}: ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


# ── commands, metrics, limits ────────────────────────────────────────────────────────────────────


@pages
def test_every_command_that_is_named_exists(page):
    runner = CliRunner()
    for command in set(re.findall(r"first-responder ((?:embedder )?[a-z]+)\b(?! Slack)", commands_in(page))):
        assert runner.invoke(app, [*command.split(), "--help"]).exit_code == 0, command


def commands_in(page):
    """What stands in code: fenced blocks and backticks."""
    text = page.read_text()
    return "\n".join(
        [*re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL), *re.findall(r"`([^`\n]+)`", text)]
    )


def test_the_operators_page_has_every_command():
    told = set(re.findall(r"^\| `first-responder ([a-z]+)", text_of("docs/operate.md"), re.MULTILINE))
    real = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert told == real | {group.name for group in app.registered_groups}


@pages
def test_every_make_target_that_is_named_exists(page):
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)|\n\s*make ([a-z]+)", commands_in(page), re.MULTILINE))
    assert {first or second for first, second in named} <= targets


def test_the_operators_page_has_every_metric_with_its_labels():
    told = dict(re.findall(r"^\| `(\w+)` \|(.*?)\|", section("docs/operate.md", "Metrics"), re.MULTILINE))
    real = {}
    for family in measured().registry.collect():
        sample = next(one for one in family.samples if not one.name.endswith("_created"))
        name = family.name + ("_total" if family.type == "counter" else "")
        real[name] = [label for label in sample.labels if label != "le"]
    assert {name: re.findall(r"`(\w+)`", labels) for name, labels in told.items()} == real


def measured():
    """Measures in which everything was counted once."""
    alert = Alert("test", "f", "Slow", "firing", NOW)
    incident = Incident("INC-1", "cart", "", Severity.SEV1, "Slow", "open", NOW, NOW)
    scope = Scope("INC-1", "", (alert,), {"cart": Service("cart")}, Window(NOW - timedelta(hours=1), NOW))
    measures = Measures()
    measures.headline(incident, NOW)
    measures.briefing(incident, NOW)
    measures.gathered(Context(scope, gaps=(Gap("prometheus", "down"),), took={"prometheus": 1.0}))
    measures.webhook("alert", 202)
    measures.alert("opened")
    measures.redacted("password", 1)
    measures.open_incidents(1)
    measures.called("claude", "briefing", Usage(1, 1, 1, 1), Money(1), "end_turn")
    measures.budget("day", 0.5)
    measures.waits_for_slack("answer", 1)
    measures.refused_by_slack("chat.update")
    course = Course("INC-1", Severity.SEV1, NOW, NOW, NOW, NOW)
    fired = (Fired("Cpu", "INC-2"),) * 3
    measures.week(digest_of(Week(NOW - timedelta(days=7), NOW, (course,), fired, 1, 1, Money(1))))
    return measures


def test_the_operators_page_has_every_signal_and_placeholder():
    text = section("docs/operate.md", "services.yaml")
    assert [signal for signal in DEFAULTS if f"`{signal}`" not in text] == []
    labels = labels_of({})
    for word in re.findall(r"^\| `\{(\w+)\}`", text, re.MULTILINE):
        assert render(f"{{{word}}}", labels, ["a"], "prod", ["service"]) != f"{{{word}}}", word


@pytest.mark.parametrize(
    ("what", "limits"),
    [
        ("one delivery", f"{webhooks.LARGEST // 1024**2} MiB; {payload.MOST_ALERTS:,} alerts"),
        ("a database that is busy", f"{database.BUSY_TIMEOUT_S} s, then 503"),
        ("a source that did not answer three times in a row", f"left alone for {rests.REST_S:g} s"),
        ("Prometheus", f"{prometheus.Settings('').limit_s} s a look; from {look.BEFORE.seconds // 3600} h"),
        ("Elasticsearch", f"{elasticsearch.Settings('').timeout:g} s a request"),
        ("Elasticsearch", f"{sample.MAX_LINES:,} lines and {sample.MAX_BYTES // 1024**2} MiB"),
        (
            "GitHub",
            f"{github.Settings('').limit_s} s a question; a day before the alert; "
            f"the {github_context.MOST_REPOS} nearest",
        ),
        ("PagerDuty", f"{pagerduty.Settings('').limit_s} s, one question"),
        ("memory of past incidents", f"{chromadb.Settings().limit_s} s; the {chromadb.Settings().top} most alike"),
        ("memory of past incidents", f"{chroma_client.MOST:,} incidents"),
        ("one call to Slack", f"{web.CALL_S:g} s; a rate limit of up to {web.LONGEST_WAIT_S:g} s"),
        ("notice, topic, pin, invitation, chart", f"tried for {insist.PATIENCE_S / 60:g} min"),
        ("an opening or a run that could not begin", f"tried again every {schedules.TAKE_UP_S} s"),
        ("a story that ends in an error nobody foresaw", f"begun again, {engine.ATTEMPTS} times in all"),
        ("steps of a story that has ended", f"kept for {schedules.KEPT.days} days"),
        ("a request for approval", f"every {gates.READ_S:g} s"),
        ("a request that nobody answered", f"for {gates.ASK_AGAIN_S / 60:g} min"),
        ("a choice after «may have run»", f"{gates.CHOICE_S / 3600:g} h"),
        ("one run", f"{run.MOST_DEEDS} actions, {run.MOST_RUNNING_S / 60:g} min of running time"),
        ("one run", f"the identical command {run.MOST_REPEATS} times"),
        ("one program of a step", f"{output.MOST_KEPT >> 20} MiB of each output is kept"),
        ("one program of a step", f"beyond {kept.MOST_READ >> 20} MiB or {keeper.MOST_PROCESSES} processes"),
        ("a pause, the wait before a check", f"{prepare.LONGEST_WAIT_S / 60:g} min each"),
    ],
)
def test_the_operators_page_gives_the_limits_that_the_program_keeps(what, limits):
    told = dict(re.findall(r"^\| (.+?) \| (.+) \|$", section("docs/operate.md", "Time limits"), re.MULTILINE))
    assert limits in told[what]


def test_the_table_of_severities_says_what_a_word_means():
    rows = re.findall(r"^\| ([1-4]) \| (.+?)(?:;.*)? \|$", text_of("docs/webhooks.md"), re.MULTILINE)
    assert len(rows) == 4
    assert [word for n, words in rows for word in words.split(", ") if Severity.of(word) != int(n)] == []


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## \[(.+?)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] in (__version__, "Unreleased")
    assert __version__ in versions
