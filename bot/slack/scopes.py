"""What the app may do in Slack: every scope that a line of this program needs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "app_mentions:read": "hear when somebody asks the bot",
        "channels:history": "hear questions in threads; find its own messages again after a crash",
        "channels:manage": "open the incident's channel, set its topic and purpose, invite who is on call",
        "channels:read": "find the incident's channel again after a crash; see whether it is in the incidents channel",
        "chat:write": "post the briefing and edit it",
        "commands": "/incident-action",
        "files:write": "put the chart into the thread",
        "pins:write": "pin the briefing",
        "users:read": "needed by Slack beside users:read.email",
        "users:read.email": "find the people in Slack whom PagerDuty names by their address",
    }
)
"""Scope → what it is for. `slack-manifest.yaml` asks for exactly these."""
