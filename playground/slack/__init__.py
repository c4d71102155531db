"""A Slack workspace in memory that speaks the real protocol over a socket, and its page."""
