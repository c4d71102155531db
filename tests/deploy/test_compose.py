"""The compose file: what it sets are settings, what it names is there, and nothing has more rights than it needs."""

import re

import pytest
import sqlalchemy as sa
import yaml

from bot import __version__
from bot.settings import Settings
from tests.deploy.dockerfile import instructions
from tests.deploy.manifests import STOP_S
from tests.pages import ROOT, text_of

FOLDER = ROOT / "deploy"
COMPOSE = yaml.safe_load((FOLDER / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
BOT = SERVICES["bot"]
PORT = Settings.model_fields["http_port"].default
SETTINGS = {name.upper() for name in Settings.model_fields}
OWN = "POSTGRES_PASSWORD"
"""The one name in its .env that is no setting."""

each_service = pytest.mark.parametrize("name", sorted(SERVICES))


def example():
    return dict(re.findall(r"^([^#\s=]+)=(.*)$", text_of("deploy/env.example"), re.MULTILINE))


def filled_in(value):
    """As compose puts the password in."""
    text, times = re.subn(rf"\$\{{{OWN}:\?[^}}]+\}}", "made-up", value)
    assert times == 1
    return text


def test_what_is_set_is_a_setting():
    assert set(BOT["environment"]) <= SETTINGS
    assert set(example()) - SETTINGS == {OWN}


def test_no_secret_stands_in_what_people_copy_and_git_takes_no_copy():
    assert set(example().values()) == {""}
    assert BOT["env_file"] == ".env"
    assert ".env" in text_of(".gitignore").splitlines()


def test_the_example_loads_once_its_values_are_there():
    given = {name.lower(): "1" if value == "" else value for name, value in example().items() if name != OWN}
    given["approvers"] = "oncall"
    assert Settings(_env_file=None, **given).slack_bot_token


def test_the_database_is_the_one_that_is_started():
    url = sa.make_url(filled_in(BOT["environment"]["DATABASE_URL"]))
    server = SERVICES["postgres"]["environment"]
    assert url.drivername == "postgresql"
    assert (url.host, url.username, url.database) == ("postgres", server["POSTGRES_USER"], server["POSTGRES_DB"])
    assert url.password == filled_in(server["POSTGRES_PASSWORD"])
    check = SERVICES["postgres"]["healthcheck"]["test"]
    assert check[-4:] == ["-U", url.username, "-d", url.database]


def test_the_memory_is_the_one_that_is_started_and_of_its_clients_version():
    assert BOT["environment"]["CHROMA_URL"] == "http://chroma:8000"
    (version,) = re.findall(r"^chromadb==(\S+)", text_of("requirements.lock"), re.MULTILINE)
    assert SERVICES["chroma"]["image"] == f"chromadb/chroma:{version}"
    assert "127.0.0.1/8000" in SERVICES["chroma"]["healthcheck"]["test"][-1]


def test_the_bot_is_built_here_and_of_this_version():
    assert BOT["image"] == f"first-responder:{__version__}"
    folder = (FOLDER / BOT["build"]["context"]).resolve()
    assert folder == ROOT
    assert (folder / BOT["build"]["dockerfile"]).exists()


def test_only_the_bots_port_is_published_and_only_on_this_machine():
    assert {name: one["ports"] for name, one in SERVICES.items() if "ports" in one} == {
        "bot": [f"127.0.0.1:{PORT}:{PORT}"]
    }


def test_only_the_bot_has_a_way_out():
    assert {name: set(one["networks"]) for name, one in SERVICES.items()} == {
        "bot": {"inside", "outside"},
        "postgres": {"inside"},
        "chroma": {"inside"},
    }
    assert COMPOSE["networks"] == {"outside": {}, "inside": {"internal": True}}


def test_the_bot_writes_where_its_image_does_and_has_the_time_to_end():
    assert BOT["volumes"] == [f"bot:{dict(instructions())['VOLUME']}"]
    assert [one.partition(":")[0] for one in BOT["tmpfs"]] == ["/tmp"]
    assert int(BOT["stop_grace_period"].removesuffix("s")) >= STOP_S + 5
    assert BOT["init"] is True


@each_service
def test_nothing_may_more_than_it_needs(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    assert service.get("user") not in ("root", "0", 0)


@each_service
def test_each_is_of_one_version_comes_back_and_says_whether_it_is_well(name):
    service = SERVICES[name]
    assert re.fullmatch(r"[\w/-]+:\d[\w.]*", service["image"])
    assert service["restart"] == "unless-stopped"
    own_check = name == "bot" and "HEALTHCHECK" in dict(instructions())
    assert own_check or service["healthcheck"]["test"][0] == "CMD"


@each_service
def test_what_it_names_is_declared(name):
    service = SERVICES[name]
    assert {one.partition(":")[0] for one in service["volumes"]} <= set(COMPOSE["volumes"])
    assert set(service["networks"]) <= set(COMPOSE["networks"])
    for other, how in service.get("depends_on", {}).items():
        assert other in SERVICES
        assert how["condition"] == "service_started" or "healthcheck" in SERVICES[other]
