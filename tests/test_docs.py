"""What people are told is true: paths, links, settings, commands and metrics."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from bot import __version__
from bot.__main__ import app
from bot.domain.context import Context
from bot.domain.incident import Incident, Severity
from bot.measures import Measures
from bot.settings import Settings
from integrations.contract import Alert, Gap, Scope, Service, Window
from integrations.prometheus.templates import DEFAULTS, labels_of, render
from tests.pages import ROOT, section, snippet, text_of

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], key=str)
FOLDERS = ("bot", "integrations", "runbooks", "playground", "tests", "docs", ".ci")
NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
NOT_SETTINGS = {
    "NAME",
    "STORY_VERSION",
    "README",
    "CHANGELOG",
    "FILE",
    "PATH",
    "HOST",
    "INFO",
    "DEBUG",
    "ERROR",
    "WARNING",
}


def pages(test):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())(test)


# ── paths and links ──────────────────────────────────────────────────────────────────────────────


@pages
def test_every_path_that_is_named_exists(page):
    named = re.findall(rf"(?<![\w./-])((?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*)", page.read_text())
    assert [path for path in {name.rstrip(".") for name in named} if not list(ROOT.glob(path))] == []


@pages
def test_every_file_of_the_root_that_is_named_exists(page):
    words = set(re.findall(r"`([\w.-]+\.(?:md|toml|yaml|example|lock))`", page.read_text()))
    made_by_the_reader = {"services.yaml", "alertmanager.yml"}
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
    text = text_of("ARCHITECTURE.md")
    inside = [path for folder in ("bot", "integrations") for path in (ROOT / folder).iterdir()]
    modules = [path.relative_to(ROOT).as_posix() for path in inside if path.suffix == ".py" and path.stem != "__init__"]
    packages = [f"{path.relative_to(ROOT).as_posix()}/" for path in inside if (path / "__init__.py").exists()]
    assert [path for path in sorted(modules + packages) if path not in text] == []


def test_every_decision_is_listed():
    listed = re.findall(r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", text_of("docs/adr/README.md"), re.MULTILINE)
    files = sorted(path.name for path in (ROOT / "docs/adr").glob("[0-9]*.md"))
    assert [file for _, file in listed] == files
    for number, file in listed:
        text = text_of(f"docs/adr/{file}")
        assert text.startswith(f"# {number}: ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


# ── settings ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def no_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def example():
    """Name → value and comment, as .env.example gives them."""
    lines = re.findall(r"^([A-Z_]+)=(\S*)\s*(?:# (.+))?$", text_of(".env.example"), re.MULTILINE)
    return {name: (value, comment) for name, value, comment in lines}


def test_the_example_has_every_setting_once_and_no_other():
    names = re.findall(r"^([^#\s=]+)=", text_of(".env.example"), re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    assert set(names) == set(example())


def test_the_example_loads_to_the_defaults(no_environment):
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_a_default_that_the_example_gives_is_the_default(no_environment):
    defaults = Settings(_env_file=None)
    for name, (value, _) in example().items():
        if value:
            assert value == as_written(getattr(defaults, name.lower())), name
        else:
            assert not getattr(defaults, name.lower()), f"{name} has a default that the example does not give"


def test_the_operators_page_gives_every_setting_with_its_default(no_environment):
    defaults = Settings(_env_file=None)
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", text_of("docs/operate.md"), re.MULTILINE))
    real = {name.upper(): getattr(defaults, name) for name in Settings.model_fields}
    assert told == {name: f"`{as_written(value)}`" if value else "–" for name, value in real.items()}


def as_written(value):
    if isinstance(value, float):
        return f"{value:g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


@pages
def test_every_setting_that_is_named_is_one(page):
    words = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", page.read_text()))
    assert words - NOT_SETTINGS - {name.upper() for name in Settings.model_fields} == set()


def test_a_reader_who_follows_the_readme_sets_only_settings():
    words = re.findall(r"^([A-Z_]+)=", snippet("README.md", "sh", "PROMETHEUS_URL"), re.MULTILINE)
    assert words
    assert set(words) <= {name.upper() for name in Settings.model_fields}


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
    measures.open_incidents(1)
    return measures


def test_the_operators_page_has_every_signal_and_placeholder():
    text = section("docs/operate.md", "services.yaml")
    assert [signal for signal in DEFAULTS if f"`{signal}`" not in text] == []
    labels = labels_of({})
    for word in re.findall(r"^\| `\{(\w+)\}`", text, re.MULTILINE):
        assert render(f"{{{word}}}", labels, ["a"], "prod", ["service"]) != f"{{{word}}}", word


def test_the_changelog_begins_with_this_version():
    versions = re.findall(r"^## \[(.+?)\]", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] in (__version__, "Unreleased")
    assert __version__ in versions


def test_no_secret_stands_in_what_people_copy():
    secret = [name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert len(secret) > 5
    assert {name: example()[name][0] for name in secret} == dict.fromkeys(secret, "")
