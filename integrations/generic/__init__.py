"""Anything that can send JSON sends alerts: our own documented form."""

NAME = "alert"
