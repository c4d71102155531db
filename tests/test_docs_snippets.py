"""What people paste from our pages works."""

import json
import re
import shlex
from datetime import UTC, datetime

import httpx
import pytest
import yaml
from promql_parser import parse as parse_promql

from bot.catalog import load as load_catalog
from bot.settings import Settings
from integrations.alertmanager import NAME as ALERTMANAGER
from integrations.chromadb import memories_from_jsonl
from integrations.generic import alerts as generic
from integrations.prometheus.templates import labels_of, render, templates_of
from runbooks.loader import load as load_runbooks
from tests.pages import section, snippet, snippets

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)


def curl(name):
    """The arguments of the page's curl line: address, headers, body."""
    words = shlex.split(snippet(name, "sh", "curl").partition("curl")[2].replace("\\\n", " "))
    headers = dict(words[i + 1].split(": ", 1) for i, word in enumerate(words) if word == "-H")
    (body,) = (words[i + 1] for i, word in enumerate(words) if word == "-d")
    (address,) = (word for word in words if word.startswith("http://"))
    return httpx.URL(address), headers, body


@pytest.mark.parametrize("name", ["README.md", "docs/webhooks.md"])
def test_the_curl_line_opens_an_incident_where_it_says(name):
    address, headers, body = curl(name)
    assert address.path == f"/webhooks/{generic.NAME}"
    assert address.port == Settings.model_fields["http_port"].default
    assert headers == {"Authorization": "Bearer $GENERIC_WEBHOOK_TOKEN", "Content-Type": "application/json"}
    delivery = generic.parse(json.loads(body), NOW)
    (alert,) = delivery.alerts
    assert (alert.name, alert.labels["service"], alert.status) == ("Checkout is slow", "checkout", "firing")
    assert delivery.rejected == ()


def test_the_table_of_fields_is_what_is_read():
    text = section("docs/webhooks.md", "Anything else")
    told = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?`) \|", text, re.MULTILINE))))
    whole = json.loads(curl("docs/webhooks.md")[2])
    assert told == set(whole) | {"ends_at"}


def alertmanager_configs():
    found = [one for name in ("README.md", "docs/webhooks.md") for one in snippets(name, "yaml") if "receivers:" in one]
    assert len(found) == 3
    return found


def test_alertmanager_is_told_the_right_address():
    for config in map(yaml.safe_load, alertmanager_configs()):
        (hook,) = [hook for one in config["receivers"] for hook in one.get("webhook_configs", ())]
        assert httpx.URL(hook["url"]).path == f"/webhooks/{ALERTMANAGER}"
        assert hook["http_config"]["authorization"].get("type", "Bearer") == "Bearer"


@pytest.mark.needs("alertmanager")
@pytest.mark.parametrize("number", range(3))
def test_alertmanager_takes_what_people_paste(alertmanager, number):
    assert alertmanager(alertmanager_configs()[number]).url


def test_services_yaml_as_shown_is_taken_and_asks_promql(tmp_path):
    file = tmp_path / "services.yaml"
    file.write_text(snippet("docs/operate.md", "yaml", "defaults:"))
    catalog = load_catalog(file)
    templates = templates_of(catalog.templates)
    assert "connections" not in templates
    labels = labels_of(catalog.templates)
    assert (labels.service, labels.env, labels.window) == ("app", "", "5m")
    for template in (*templates.values(), *catalog.service("payments").metrics.values()):
        parse_promql(render(template, labels, ["payments"], "", [labels.service]))


def test_the_runbook_as_shown_is_taken(tmp_path):
    (tmp_path / "pool.yaml").write_text(snippet("docs/operate.md", "yaml", "steps:"))
    library = load_runbooks(tmp_path)
    assert library.problems == ()
    assert [book.id for book in library.runbooks] == ["pool-exhausted"]


def test_the_past_incident_as_shown_is_learnt(tmp_path):
    (tmp_path / "history.jsonl").write_text(snippet("docs/operate.md", "json", "INC-892"))
    (memory,) = memories_from_jsonl(tmp_path / "history.jsonl")
    assert (memory.id, memory.minutes, memory.alerts) == ("INC-892", 11, ("HighErrorRate",))
