"""What the house rules say of the whole tree, held by reading it."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OURS = ("bot", "integrations", "runbooks", "playground")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMES_WITH = {
    "certifi": "requests",
    "elastic-transport": "elasticsearch",
    "httpx2": "pagerduty",
    "onnxruntime": "chromadb",
    "pydantic-core": "pydantic",
    "tokenizers": "chromadb",
}
"""Used through the dependency that brings it: docs/dependencies.md."""


def sources(*folders):
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def plain(name):
    return re.split(r"[\[<>=!~;]", name)[0].strip().lower().replace("_", "-")


def declared(*extras):
    wanted = PROJECT["dependencies"] + [one for extra in extras for one in PROJECT["optional-dependencies"][extra]]
    return {plain(one) for one in wanted}


def imported(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize(("folder", "extras"), [*((one, ()) for one in OURS[:3]), ("playground", ("playground",))])
def test_what_is_imported_is_declared(folder, extras):
    distributions, allowed = packages_distributions(), declared(*extras) | set(COMES_WITH)
    strays = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(folder)
        for name in imported(path)
        if name not in sys.stdlib_module_names
        and name not in OURS
        and not {plain(one) for one in distributions.get(name, [name])} & allowed
    }
    assert strays == set()


def test_what_comes_with_another_comes_with_one_that_is_declared():
    assert set(COMES_WITH.values()) <= declared()


def test_every_dependency_earns_its_line():
    told = re.findall(r"^\| ([\w.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    assert sorted({plain(name) for name in told} - {"package"}) == sorted(declared("playground", "test", "check"))


@pytest.mark.parametrize(
    ("lock", "extras"),
    [
        ("requirements.lock", ()),
        ("requirements-playground.lock", ("playground",)),
        ("requirements-dev.lock", ("playground", "test", "check")),
    ],
)
def test_locks_hold_what_is_declared_and_nothing_of_a_machine(lock, extras):
    text = (ROOT / lock).read_text()
    locked = {plain(line) for line in text.splitlines() if "==" in line}
    assert declared(*extras) - locked == set()
    strange = [line for line in text.splitlines() if line.startswith("-") or "://" in line or "file:" in line]
    assert strange == []


def test_nothing_heavy_is_imported_before_it_is_needed():
    heavy = (
        "anthropic",
        "chromadb",
        "dbos",
        "drain3",
        "elasticsearch",
        "github",
        "matplotlib",
        "onnxruntime",
        "pagerduty",
    )
    heavy += ("prometheus_api_client", "promql_parser", "requests", "rich", "sqlalchemy", "typer")
    rooms = [path.parent.name for path in sorted((ROOT / "integrations").glob("*/__init__.py"))]
    lines = ["import sys", *(f"import integrations.{room}" for room in rooms), "import bot, runbooks, bot.domain"]
    lines.append(f"print([name for name in {heavy} if name in sys.modules])")
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_no_drawer_for_odds_and_ends():
    names = {path.stem for path in sources(*OURS)}
    assert names & {"utils", "util", "helpers", "helper", "common", "misc", "manager", "managers", "handlers"} == set()


def test_files_stay_short():
    """The contract is a vocabulary, and a vocabulary in two places is none."""
    lengths = {str(path.relative_to(ROOT)): path.read_text().count("\n") for path in sources(*OURS)}
    assert {path: lines for path, lines in lengths.items() if lines > 300}.keys() <= {"integrations/contract.py"}


def test_no_test_patches_our_own_code():
    forbidden = ("monkeypatch." + "setattr", "mock." + "patch", "import " + "mock", "unittest." + "mock")
    patched = [
        str(path.relative_to(ROOT)) for path in sources("tests") if any(f in path.read_text() for f in forbidden)
    ]
    assert patched == []


@pytest.mark.parametrize("page", ["ARCHITECTURE.md", "README.md"])
def test_every_path_that_a_page_names_exists(page):
    text = (ROOT / page).read_text() if (ROOT / page).exists() else ""
    named = re.findall(r"`((?:bot|integrations|runbooks|playground|tests|docs)/[\w./-]*)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []
