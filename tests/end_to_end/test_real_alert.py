"""A real exporter, Prometheus and Alertmanager fire a real alert; the rest of the world is the playground's."""

import re
import threading
import time

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, start_http_server

from tests.end_to_end.watch import briefed, briefing, channel_of, said_by_bot, until

RULES = """
groups:
  - name: shop
    interval: 1s
    rules:
      - alert: HighErrorRatio
        expr: >-
          sum by (service, env) (rate(http_requests_total{code="500"}[5s]))
          / sum by (service, env) (rate(http_requests_total[5s])) > 0.05
        labels: {severity: critical}
        annotations: {summary: "Errors on {{ $labels.service }}"}
"""


class Shop:
    """An exporter that serves ten requests a second; `broken` makes a third of them fail."""

    def __init__(self):
        registry = CollectorRegistry()
        self._requests = Counter("http_requests", "requests", ["service", "env", "code", "pod"], registry=registry)
        Gauge("kube_deployment_spec_replicas", "", ["service", "env"], registry=registry).labels("shop", "test").set(2)
        self._server, _ = start_http_server(0, "127.0.0.1", registry)
        self.port = self._server.server_port
        self.broken, self._stop = False, threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self):
        while not self._stop.wait(0.1):
            self._requests.labels("shop", "test", "200", "shop-1").inc(2 if self.broken else 3)
            self._requests.labels("shop", "test", "500", "shop-1").inc(1 if self.broken else 0)

    def close(self):
        self._stop.set()
        self._thread.join(5)
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.close()


def alertmanager_yml(bot_url, token):
    return f"""
route: {{receiver: bot, group_by: [alertname, service], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: bot
    webhook_configs:
      - url: {bot_url}/webhooks/alertmanager
        http_config: {{authorization: {{type: Bearer, credentials: {token}}}}}
"""


def prometheus_yml(rules, alertmanager_url, shop_port):
    return f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [{rules}]
alerting: {{alertmanagers: [{{static_configs: [{{targets: ["{alertmanager_url.removeprefix("http://")}"]}}]}}]}}
scrape_configs: [{{job_name: shop, static_configs: [{{targets: ["127.0.0.1:{shop_port}"]}}]}}]
"""


@pytest.mark.needs("prometheus", "alertmanager")
async def test_from_a_real_alert_to_a_briefing_and_its_resolution(open_town, shop, prometheus, alertmanager, tmp_path):
    (tmp_path / "rules.yml").write_text(RULES)
    async with open_town(start=False) as town:
        alerts = alertmanager(alertmanager_yml(town.bot.url, town.env["ALERTMANAGER_WEBHOOK_TOKEN"]))
        figures = prometheus(config=prometheus_yml(tmp_path / "rules.yml", alerts.url, shop.port))
        town.bot.configure(PROMETHEUS_URL=figures.url, PROMETHEUS_TOKEN="")
        await town.bot.start()

        began = time.time()
        shop.broken = True
        text = await briefed(town, "shop")
        channel = channel_of(town, "shop")
        assert "HighErrorRatio" in text
        assert "prometheus" not in text.partition("Could not look")[2].partition("\n")[0]
        errors = re.search(r"Errors ([\d.]+) %", text)
        assert errors and 0 < float(errors[1]) <= 100, text
        assert time.time() - began < 60

        shop.broken = False
        await until(lambda: "✅" in str(said_by_bot(channel)[0].blocks), what="the resolution")
        assert "resolved" in briefing(channel)
