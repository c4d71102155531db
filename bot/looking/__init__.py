"""Looking into incidents, in a process of its own, so that neither webhooks nor stories wait for it."""
