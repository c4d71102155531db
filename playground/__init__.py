"""A world on localhost: stand-ins over real sockets for Slack and every source, and the scenarios they play."""
