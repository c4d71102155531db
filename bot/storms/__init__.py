"""More incidents at once than Slack gives channels for: one table, and turns by importance."""
