"""What secrets look like by themselves: the formats that vendors give their keys and tokens.

After the vendors' own documentation of their formats. Every quantifier is possessive or bounded, so that no text
takes more than linear time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

SIGNS = "\ufdd0-\ufdef"
"""Noncharacters of Unicode: two of them stand for what is masked already while the rest is looked at."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of secret. Without one of `hints` in the lowered text the pattern is not tried: that keeps it fast."""

    name: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    """Its group `secret` is masked; without one, the whole match."""
    apart: bool = False
    """Counts only where no letter or digit stands before it: its beginning alone is too common."""
    scattered: bool = False
    """Of a format: its hint need not stand in a run of `masking.RUN`."""


def kind(name: str, hints: str, pattern: str, flags: int = 0) -> Kind:
    """`hints` are separated by spaces."""
    return Kind(name, tuple(hints.split()), re.compile(pattern, flags))


def _apart(name: str, hints: str, pattern: str) -> Kind:
    return Kind(name, tuple(hints.split()), re.compile(pattern), apart=True)


_END = r"(?![A-Za-z0-9_-])"
_FULL_KEY = r"(?:[^-]|-(?!----)){0,16384}+-----END [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----"
_CUT_KEY = (
    r"(?:(?:[ \t\r\n]|\\[nrt])*+[A-Za-z0-9+/]{24,}+={0,2}+)*+(?:(?:[ \t\r\n]|\\[nrt])*+[A-Za-z0-9+/]{1,64}+={1,2}+)?+"
)
"""What stands of a key whose end was cut off."""

FORMATS = (
    Kind(
        "private key",
        ("private",),
        re.compile(rf"-----BEGIN [A-Z0-9 ]{{0,30}}PRIVATE KEY(?: BLOCK)?-----(?:{_FULL_KEY}|{_CUT_KEY})"),
        scattered=True,
    ),
    kind(
        "jwt",
        "eyj",
        r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt])|(?<=%[0-9A-F]{2})|(?<=\x1b\[\dm)|(?<=\x1b\[\d\dm)|(?<=;\d\dm))"
        r"eyJ[A-Za-z0-9_-]{8,4096}+\.(?:[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]++){0,3}+"
        r"|\.[A-Za-z0-9_-]{8,}+(?:\.[A-Za-z0-9_-]++){1,2}+)",
    ),
    kind(
        "slack webhook",
        "hooks.slack.com",
        r"hooks\.slack(?:-gov)?\.com/(?P<secret>(?:services|workflows|triggers)/[\w/-]{8,}+)",
    ),
    kind("slack token", "xox xapp- xwfp-", r"(?:xox[a-z](?:\.xox[a-z])?-|xapp-|xwfp-)[A-Za-z0-9-]{8,}+"),
    kind("discord webhook", "api/webhooks/", r"discord(?:app)?\.com/api/webhooks/(?P<secret>\d{5,25}+/[\w-]{16,}+)"),
    kind("github token", "ghp_ gho_ ghu_ ghs_ ghr_", r"gh[pousr]_[A-Za-z0-9]{20,}+"),
    kind("github token", "github_pat_", r"github_pat_[A-Za-z0-9_]{20,}+"),
    kind(
        "gitlab token",
        "gl",
        r"gl(?:pat|ptt|dt|rt|cbt|ft|soat|agent|imt|oas|ffct)-[A-Za-z0-9_-]{16,}+(?:\.[A-Za-z0-9_-]{2,}+)*+",
    ),
    kind("anthropic key", "sk-", r"sk-ant-[A-Za-z0-9_-]{8,}+"),
    _apart(
        "openai key",
        "sk-",
        r"sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{16,}+|(?=[A-Za-z]{0,64}\d)[A-Za-z0-9]{20,}+)",
    ),
    kind(
        "stripe key",
        "k_live_ k_test_ whsec_",
        r"(?:[srp]k_(?:live|test)_|whsec_)[A-Za-z0-9]{10,}+(?:[+/][A-Za-z0-9+]{8,}+)*+={0,2}+",
    ),
    kind(
        "aws key",
        "akia asia",
        r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])(?:[\s\"',:/|=]{1,6}[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=]))?",
    ),
    kind("google key", "aiza gocspx-", r"(?:AIza[A-Za-z0-9_-]{35}|GOCSPX-[A-Za-z0-9_-]{20,}+)"),
    kind("google token", "ya29.", r"ya29\.[A-Za-z0-9_-]{16,}+"),
    kind("azure secret", "~", r"[A-Za-z0-9_~.-]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}"),
    kind("npm token", "npm_", r"npm_[A-Za-z0-9]{36}" + _END),
    kind("pypi token", "pypi-", r"pypi-[A-Za-z0-9_-]{32,}+"),
    kind("sendgrid key", "sg.", r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,}+"),
    _apart("twilio key", "sk", r"SK[0-9a-f]{32}" + _END),
    kind("mailgun key", "key-", r"key-[0-9a-f]{32}" + _END),
    kind("mailchimp key", "-us", r"[0-9a-f]{32}-us\d{1,2}" + _END),
    kind("docker token", "dckr_", r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}+"),
    kind("digitalocean token", "_v1_", r"do[opr]_v1_[a-f0-9]{32,}+"),
    kind(
        "hashicorp token",
        "hvs. hvb. atlasv1",
        r"hv[sb]\.[A-Za-z0-9_-]{20,}+|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_-]{40,}+",
    ),
    kind("grafana token", "glsa_ glc_", r"(?:glsa|glc)_[A-Za-z0-9_]{20,}+(?:[+/][A-Za-z0-9+_]{8,}+)*+={0,2}+"),
    kind("new relic key", "nrak-", r"NRAK-[A-Za-z0-9_-]{20,}+"),
    kind("databricks token", "dapi", r"dapi[0-9a-f]{32}(?:-\d)?"),
    kind("shopify token", "shp", r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}"),
    kind("square token", "sq0", r"sq0[a-z]{3}-[A-Za-z0-9_-]{22,}+"),
    kind("sentry token", "sntry", r"sntry[su]_[A-Za-z0-9_-]{20,}+(?:[+/=][A-Za-z0-9+_=]{8,}+)*+={0,2}+"),
    kind("linear key", "lin_api_", r"lin_api_[A-Za-z0-9]{20,}+"),
    kind("age key", "age-secret-key-1", r"AGE-SECRET-KEY-1[A-Z0-9]{40,}+"),
    kind("atlassian token", "atatt3 atctt3", r"AT[AC]TT3[A-Za-z0-9_-]{40,}+(?:=[A-Z0-9]{8})?"),
    _apart("pulumi token", "pul-", r"pul-[0-9a-f]{40}" + _END),
    kind("figma token", "figd_", r"figd_[A-Za-z0-9_-]{30,}+"),
    kind("postman key", "pmak-", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    kind("tailscale key", "tskey-", r"tskey-[a-z]{2,12}-[A-Za-z0-9]{8,}+(?:-[A-Za-z0-9]{8,}+)?+"),
    _apart("groq key", "gsk_", r"gsk_[A-Za-z0-9]{40,}+"),
    _apart("xai key", "xai-", r"xai-[A-Za-z0-9]{60,}+"),
    _apart("perplexity key", "pplx-", r"pplx-[A-Za-z0-9]{40,}+"),
    kind("teams webhook", "webhook.office.com", r"webhook\.office\.com/webhookb2/(?P<secret>[\w@/-]{32,}+)"),
    _apart("hugging face token", "hf_", r"hf_[A-Za-z0-9]{30,64}" + _END),
    replace(_apart("telegram token", ":aa", r"\d{8,10}:AA[A-Za-z0-9_-]{32,34}" + _END), scattered=True),
)
