"""What is asked of Prometheus: one PromQL template a signal, and the words that a team may put in their place.

A template gives one series a service, in the unit of its signal (`integrations.signals`). In it stand
placeholders, put in as text with every value escaped:

    {scope}     label matchers of the services and the environment: service=~"a|b",env="prod"
    {by}        the labels to aggregate by: service, or service, pod where instances are asked for
    {label}     the name of the label that holds the service
    {services}  the services as an RE2 expression, without quotes: a|b
    {env}       the environment, without quotes; empty when the incident has none
    {window}    the span of rates, 2m by default

`defaults.metrics` in services.yaml takes templates by signal, and four words beside them:

    service_label: service    the label that holds the service
    env_label: env            the label that holds the environment; "" where series have none
    instance_label: pod       the label that holds the instance; "" turns figures by instance off
    window: 2m                at least twice the scrape interval

An empty template turns its signal off. `metrics` of one service takes templates for that service alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integrations.prometheus import TemplatesError

DEFAULTS: Mapping[str, str] = {
    "error_rate": (
        '100 * (sum by ({by}) (rate(http_requests_total{{scope},code=~"5.."}[{window}]))'
        " or sum by ({by}) (rate(http_requests_total{{scope}}[{window}])) * 0)"
        " / sum by ({by}) (rate(http_requests_total{{scope}}[{window}]))"
    ),
    "latency_p50": (
        "histogram_quantile(0.5, sum by ({by}, le) (rate(http_request_duration_seconds_bucket{{scope}}[{window}])))"
    ),
    "latency_p99": (
        "histogram_quantile(0.99, sum by ({by}, le) (rate(http_request_duration_seconds_bucket{{scope}}[{window}])))"
    ),
    "requests": "sum by ({by}) (rate(http_requests_total{{scope}}[{window}]))",
    "instances_up": "sum by ({by}) (up{{scope}})",
    "instances_wanted": "max by ({by}) (kube_deployment_spec_replicas{{scope}})",
    "cpu": (
        "100 * sum by ({by}) (rate(container_cpu_usage_seconds_total{{scope}}[{window}]))"
        " / sum by ({by}) (container_cpu_limit_cores{{scope}})"
    ),
    "memory": (
        "100 * max by ({by}) (container_memory_working_set_bytes{{scope}})"
        " / max by ({by}) (container_memory_limit_bytes{{scope}})"
    ),
    "disk": "max by ({by}) (volume_used_percent{{scope}})",
    "connections": (
        "100 * sum by ({by}) (connection_pool_used{{scope}}) / sum by ({by}) (connection_pool_max{{scope}})"
    ),
    "restarts": "sum by ({by}) (increase(container_restarts_total{{scope}}[5m]))",
}

BY_INSTANCE = ("error_rate", "cpu", "memory", "restarts")
"""Signals that are also asked for by instance, of the incident's own service only."""

_PLACEHOLDER = re.compile(r"\{(scope|by|label|services|env|window)\}")
_WORDS = ("service_label", "env_label", "instance_label", "window")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_DURATION = re.compile(r"([0-9]+(ms|[smhdwy]))+")
RE2_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")


@dataclass(frozen=True, slots=True)
class Labels:
    """How a team's series are labelled."""

    service: str = "service"
    env: str = "env"
    """Empty where series carry no environment."""
    instance: str = "pod"
    """Empty where series carry no instance."""
    window: str = "2m"


def labels_of(words: Mapping[str, str]) -> Labels:
    """The labelling that `defaults.metrics` describes. Raises TemplatesError that names the word that is wrong."""
    labels = Labels(
        service=words.get("service_label", "service"),
        env=words.get("env_label", "env"),
        instance=words.get("instance_label", "pod"),
        window=words.get("window", "2m"),
    )
    for word, value in (
        ("service_label", labels.service),
        ("env_label", labels.env or "_"),
        ("instance_label", labels.instance or "_"),
    ):
        if not _LABEL.fullmatch(value):
            raise TemplatesError(f"{word}: {value!r} is no name of a Prometheus label")
    if not _DURATION.fullmatch(labels.window):
        raise TemplatesError(f"window: {labels.window!r} is no Prometheus duration such as 2m")
    return labels


def templates_of(words: Mapping[str, str]) -> dict[str, str]:
    """Signal → template: the defaults with a team's own over them; signals that it turned off are left out."""
    own = {signal: template for signal, template in words.items() if signal not in _WORDS}
    return {signal: template for signal, template in {**DEFAULTS, **own}.items() if template.strip()}


def render(template: str, labels: Labels, services: Sequence[str], env: str, by: Sequence[str]) -> str:
    """The PromQL of one template for these services, aggregated by these labels."""
    known_env = env if labels.env else ""
    scope = f'{labels.service}=~"{_services(services)}"'
    if known_env:
        scope += f',{labels.env}="{_quoted(known_env)}"'
    words = {
        "scope": scope,
        "by": ", ".join(by),
        "label": labels.service,
        "services": _services(services),
        "env": _quoted(known_env),
        "window": labels.window,
    }
    return _PLACEHOLDER.sub(lambda found: words[found[1]], template)


def _services(services: Sequence[str]) -> str:
    """An expression that matches exactly these names: escaped for RE2, then for PromQL's double quotes."""
    return "|".join(_quoted(RE2_SPECIAL.sub(r"\\\g<0>", service)) for service in services)


def _quoted(value: str) -> str:
    """Safe between double quotes: PromQL follows Go's escapes (prometheus.io/docs, querying basics, strings)."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
