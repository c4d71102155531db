"""The real servers start, answer, and leave nothing behind."""

import json
import os
import time
import urllib.request

import psycopg
import pytest


def get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


@pytest.mark.needs("prometheus", "promtool")
def test_prometheus_answers_with_the_figures_that_it_was_given(prometheus):
    now = time.time()
    server = prometheus(figures=[({"__name__": "seen", "who": 'a "b" \\c'}, [(now - 60, 41.0), (now - 1, 42.5)])])
    found = get(f"{server.url}/api/v1/query?query=seen")["data"]["result"]
    assert [(one["metric"]["who"], one["value"][1]) for one in found] == [('a "b" \\c', "42.5")]


@pytest.mark.needs("prometheus")
def test_prometheus_ends_with_its_test(tmp_path):
    from tests.real.prometheus import prometheus_server

    with prometheus_server(tmp_path) as server:
        assert not gone(server.pid)
    assert gone(server.pid)


@pytest.mark.needs("alertmanager")
def test_alertmanager_is_ready_and_alone(alertmanager):
    server = alertmanager("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    assert get(f"{server.url}/api/v2/status")["cluster"]["status"] == "disabled"


@pytest.mark.needs("postgres")
@pytest.mark.parametrize("_", [1, 2])
def test_each_test_has_a_database_of_its_own(postgres_url, _):
    with psycopg.connect(postgres_url) as database:
        database.execute("create table only_once (id int)")


@pytest.mark.needs("chromium", "chromedriver")
def test_the_browser_shows_a_page(browser):
    browser.get("data:text/html,<title>hello</title>")
    assert browser.title == "hello"
