"""Alertmanager sends alerts: webhook version 4."""

NAME = "alertmanager"
