"""Which rooms are open: those whose settings are there. The others are off, and the briefing's footer says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot.memory.ports import Vectors
from bot.memory.vectors import RoomVectors
from bot.settings import Settings, SettingsError
from integrations import chromadb, elasticsearch, github, pagerduty, prometheus
from integrations.contract import ContextSource

CANDIDATES = 10
"""Past incidents that are found by text; which of them are shown is decided with the evidence."""


@dataclass(frozen=True, slots=True)
class Rooms:
    open: tuple[ContextSource, ...]
    off: Mapping[str, str]
    """Name → the setting that would turn it on."""
    vectors: Vectors | None = None
    """Where memories are found by their text; None where that room is off."""


def open_rooms(settings: Settings, templates: Mapping[str, str]) -> Rooms:
    """Opens a room for every source that is configured; nothing is connected yet. Raises SettingsError."""
    rooms: list[ContextSource] = []
    off: dict[str, str] = {}
    ca = settings.extra_ca_file
    if settings.prometheus_url:
        token = _plain(settings.prometheus_token)
        rooms.append(_prometheus(prometheus.Settings(settings.prometheus_url, token, ca, templates)))
    else:
        off[prometheus.NAME] = "PROMETHEUS_URL"
    if settings.elasticsearch_url:
        rooms.append(elasticsearch.open(_elasticsearch(settings, settings.elasticsearch_url)))
    else:
        off[elasticsearch.NAME] = "ELASTICSEARCH_URL"
    if settings.github_token:
        rooms.append(
            github.open(github.Settings(settings.github_token.get_secret_value(), settings.github_api_url, ca))
        )
    else:
        off[github.NAME] = "GITHUB_TOKEN"
    if settings.pagerduty_api_key:
        key = settings.pagerduty_api_key.get_secret_value()
        rooms.append(pagerduty.open(pagerduty.Settings(key, settings.pagerduty_api_url, ca)))
    else:
        off[pagerduty.NAME] = "PAGERDUTY_API_KEY"
    vectors: Vectors | None = None
    if settings.chroma_url or settings.chroma_path:
        memory = chromadb.open(memory_settings(settings))
        rooms.append(memory)
        vectors = RoomVectors(memory)
    else:
        off[chromadb.NAME] = "CHROMA_PATH or CHROMA_URL"
    return Rooms(tuple(rooms), off, vectors)


def _prometheus(wanted: prometheus.Settings) -> ContextSource:
    try:
        return prometheus.open(wanted)
    except prometheus.TemplatesError as wrong:
        raise SettingsError(f"SERVICES_FILE: `defaults.metrics`: {wrong}") from None


def _elasticsearch(settings: Settings, url: str) -> elasticsearch.Settings:
    return elasticsearch.Settings(
        url,
        _plain(settings.elasticsearch_api_key) or "",
        settings.extra_ca_file,
        settings.elasticsearch_index,
        time_field=settings.elasticsearch_time_field,
        service_field=settings.elasticsearch_service_field,
        env_field=settings.elasticsearch_env_field,
        level_field=settings.elasticsearch_level_field,
        message_field=settings.elasticsearch_message_field,
        kibana_url=settings.kibana_url,
    )


def memory_settings(settings: Settings) -> chromadb.Settings:
    """How the memory of past incidents is kept and searched."""
    return chromadb.Settings(
        path=settings.chroma_path,
        url=settings.chroma_url,
        ca_file=settings.extra_ca_file,
        embedder=settings.embedder,
        embedder_path=settings.embedder_path,
        embedder_url=settings.embedder_url,
        embedder_model=settings.embedder_model,
        embedder_token=_plain(settings.embedder_token) or "",
        top=CANDIDATES,
    )


def _plain(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
