"""Who is in the playground's workspace beside the company's full members, and its user groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from playground.world import Person

ELSEWHERE = "T0ACMECORP"
"""The workspace of the company next door."""
ELSEWHERE_NAME = "Acme Corp"
Standing = Literal["member", "guest", "single_channel_guest", "outsider", "deactivated"]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody in Slack who is not simply a full member. An `outsider` is of the company next door."""

    person: Person
    standing: Standing


@dataclass(frozen=True, slots=True)
class Usergroup:
    """A group that can be mentioned; `users` are Slack user ids, those counting that the workspace knows."""

    id: str
    handle: str
    name: str
    users: tuple[str, ...] = ()
    disabled: bool = False


PIA = Person("U0PIA00021", "pia", "Pia Romano", "pia@contractor.example")
WIM = Person("W0WIM00022", "wim", "Wim de Boer", "wim@acme.example")
NEWCOMERS = (Newcomer(PIA, "guest"), Newcomer(WIM, "outsider"))

PAYMENTS = Usergroup("S0PAYMENTS", "payments-oncall", "Payments on call", ("U0DANA0004", "U0ALICE001"))
LEADS = Usergroup("S0SRELEADS", "sre-leads", "SRE leads", ("U0LENA0012", "U0KOFI0011"))
USERGROUPS = (PAYMENTS, LEADS)
