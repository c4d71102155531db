"""Who may send alerts, each with its secret and its parser."""

from __future__ import annotations

from bot.ports import Clock
from bot.settings import Settings
from bot.web.webhooks import Sender
from integrations import alertmanager, grafana, pagerduty
from integrations.alertmanager import alerts as alertmanager_alerts
from integrations.generic import alerts as generic_alerts
from integrations.grafana import alerts as grafana_alerts
from integrations.pagerduty import alerts as pagerduty_alerts


def senders(settings: Settings, clock: Clock) -> tuple[Sender, ...]:
    """The four ways in. A sender without its secret is off."""
    return (
        Sender(
            alertmanager.NAME,
            "ALERTMANAGER_WEBHOOK_TOKEN",
            settings.alertmanager_webhook_token,
            alertmanager_alerts.parse,
        ),
        Sender(grafana.NAME, "GRAFANA_WEBHOOK_TOKEN", settings.grafana_webhook_token, grafana_alerts.parse),
        Sender(
            pagerduty.NAME,
            "PAGERDUTY_WEBHOOK_SECRET",
            settings.pagerduty_webhook_secret,
            pagerduty_alerts.parse,
            pagerduty_alerts.verify,
        ),
        Sender(
            "alert",
            "GENERIC_WEBHOOK_TOKEN",
            settings.generic_webhook_token,
            lambda payload: generic_alerts.parse(payload, clock.now()),
        ),
    )
