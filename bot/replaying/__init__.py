"""Incidents run again without Slack: recordings read, made of one's own incidents, and measured with a model."""
