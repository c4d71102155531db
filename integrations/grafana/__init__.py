"""Grafana sends alerts: the webhook of its unified alerting."""

NAME = "grafana"
