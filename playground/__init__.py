"""A world on localhost: stand-ins over real sockets for Slack, a cluster and every source, and their scenarios."""
