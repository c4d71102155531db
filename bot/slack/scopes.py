"""What the app may do in Slack: every scope that a line of this program needs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SCOPES: Mapping[str, str] = MappingProxyType(
    {
        "app_mentions:read": "hear when somebody asks the bot",
        "channels:history": "hear questions in threads; find its own messages again after a crash",
        "channels:manage": "open the incident's channel, set its topic and purpose, invite who is on call",
        "channels:read": "find the incident's channel again after a crash; see whether outsiders share a channel",
        "chat:write": "post the briefing and edit it",
        "commands": "/incident and /incident-action",
        "files:write": "put the chart into the thread",
        "pins:write": "pin the briefing",
        "reactions:read": "read ✅ and ❌ on a request, and hear when they come and go",
        "reactions:write": "put ✅ and ❌ on a request, so that one tap decides",
        "usergroups:read": "see who is in a user group that may approve",
        "users:read": "see whether somebody is a full member of the workspace",
        "users:read.email": "find the people in Slack whom PagerDuty names by their address",
    }
)
"""Scope → what it is for. `slack-manifest.yaml` asks for exactly these."""

MANIFEST = "paste slack-manifest.yaml again under App Manifest, then reinstall the app to the workspace"
"""What helps where a scope is missing."""
