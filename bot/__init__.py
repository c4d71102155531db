"""First Responder: from alert to briefing in seconds, in Slack."""

__version__ = "0.1.0"
