"""The HTTP door: webhooks, health, metrics and Slack in its HTTP mode."""
