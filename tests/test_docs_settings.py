"""Every setting is where people look for it, with the default that it has."""

import re
import subprocess

import pytest

from bot.settings import Settings
from tests.pages import ROOT, pages, snippet, text_of


@pytest.fixture
def no_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def example():
    """Name → value, as .env.example gives them."""
    line = r'^([A-Z_]+)=(?:"([^"]*)"|([^\s#]*))[ ]*(?:# .+)?$'
    return {name: quoted or bare for name, quoted, bare in re.findall(line, text_of(".env.example"), re.MULTILINE)}


def test_the_example_has_every_setting_once_and_no_other():
    names = re.findall(r"^([^#\s=]+)=", text_of(".env.example"), re.MULTILINE)
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)
    assert set(names) == set(example())


def test_the_example_loads_to_the_defaults(no_environment):
    assert Settings(_env_file=ROOT / ".env.example") == Settings(_env_file=None)


def test_a_shell_reads_the_example_as_the_readme_has_it_done_and_gets_the_same_values():
    done = subprocess.run(["sh", "-c", '. ./.env.example && echo "$DIGEST"'], cwd=ROOT, capture_output=True, text=True)
    assert (done.stderr, done.stdout) == ("", "mon 08:00\n")


def test_a_default_that_the_example_gives_is_the_default(no_environment):
    defaults = Settings(_env_file=None)
    for name, value in example().items():
        if value:
            assert value == as_written(getattr(defaults, name.lower())), name
        else:
            assert not getattr(defaults, name.lower()), f"{name} has a default that the example does not give"


def test_the_operators_page_gives_every_setting_with_its_default(no_environment):
    defaults = Settings(_env_file=None)
    told = dict(re.findall(r"^\| `([A-Z_]+)` \| (`[^`]+`|–) \|", text_of("docs/operate.md"), re.MULTILINE))
    real = {name.upper(): getattr(defaults, name) for name in Settings.model_fields}
    assert told == {name: f"`{as_written(value)}`" if value else "–" for name, value in real.items()}


def as_written(value):
    if isinstance(value, float):
        return f"{value:g}"
    return ",".join(value) if isinstance(value, tuple) else str(value)


@pages
def test_every_setting_that_is_named_is_one(page):
    words = set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`", page.read_text()))
    assert words - {"STORY_VERSION"} - {name.upper() for name in Settings.model_fields} == set()


def test_a_reader_who_follows_the_readme_sets_only_settings():
    words = re.findall(r"^([A-Z_]+)=", snippet("README.md", "sh", "PROMETHEUS_URL"), re.MULTILINE)
    assert words
    assert set(words) <= {name.upper() for name in Settings.model_fields}


def test_no_secret_stands_in_what_people_copy():
    secret = [name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)]
    assert len(secret) > 5
    assert {name: example()[name] for name in secret} == dict.fromkeys(secret, "")
