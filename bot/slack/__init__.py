"""The Slack door: listen, post, and the blocks that are posted."""
