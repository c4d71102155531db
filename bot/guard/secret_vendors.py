"""More formats of keys, tokens and hashes, as `secret_kinds`: those of vendors that fewer teams use, and of hashes.

After the vendors' own documentation of their formats. Every quantifier is possessive or bounded.
"""

from __future__ import annotations

import re

from bot.guard.secret_kinds import Kind, kind

_END = r"(?![A-Za-z0-9_-])"
_GUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_TOKENS = (
    # name, what it begins with, the rest
    ("doppler token", "dp.", r"(?:pt|st|sa|ct|scim|audit)\.(?:[a-z0-9_-]{1,32}\.)?[A-Za-z0-9]{40,44}"),
    ("planetscale key", "pscale_", r"(?:pw|tkn|oauth)_[A-Za-z0-9_.=-]{32,64}"),
    ("netlify token", "nf", r"[pcou]_[A-Za-z0-9]{36,40}"),
    ("supabase key", "sb", r"(?:p_[a-f0-9]{40}|p_v\d_[a-f0-9]{40}|_secret_[A-Za-z0-9_-]{20,}+)"),
    ("notion token", "ntn_", r"[A-Za-z0-9]{40,50}"),
    ("airtable token", "pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{64}"),
    ("hubspot token", "pat-", rf"(?:na|eu|ap)\d-{_GUID}"),
    ("mapbox token", "sk.", r"eyJ[A-Za-z0-9_-]{40,}+\.[A-Za-z0-9_-]{20,}+"),
    ("facebook token", "EAA", r"C[A-Za-z0-9]{80,}+"),
    ("launchdarkly key", "sdk-", _GUID),
    ("launchdarkly key", "mob-", _GUID),
    ("rubygems key", "rubygems_", r"[a-f0-9]{48}"),
    ("nuget key", "oy2", r"[a-z0-9]{43}"),
    ("artifactory key", "AKCp", r"[A-Za-z0-9]{60,72}"),
    ("artifactory token", "cmVmdGtu", r"[A-Za-z0-9]{56}"),
    ("sonarqube token", "sq", r"[uap]_[a-f0-9]{40}"),
    ("circleci token", "CCI", r"P(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}"),
    ("buildkite token", "bk", r"u?a_[a-f0-9]{40}"),
    ("bitbucket token", "ATBB", r"[A-Za-z0-9_=.-]{24,}+"),
    ("google token", "1//0", r"[A-Za-z0-9_-]{40,}+"),
    ("aws key", "amzn.", rf"mws\.{_GUID}"),
    ("aws key", "ABSK", r"[A-Za-z0-9+/]{100,}+={0,2}+"),
    ("alibaba key", "LTAI", r"[A-Za-z0-9]{12,24}"),
    ("tencent key", "AKID", r"[A-Za-z0-9]{32}"),
    ("yandex key", "AQVN", r"[A-Za-z0-9_-]{35,38}"),
    ("braintree token", "access_token$", r"(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    ("plaid token", "access-", rf"(?:production|sandbox|development)-{_GUID}"),
    ("openrouter key", "sk-or-", r"v\d-[0-9a-f]{32,}+"),
    ("replicate key", "r8_", r"[A-Za-z0-9]{37,40}"),
    ("langsmith key", "lsv2_", r"(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("pinecone key", "pcsk_", r"[A-Za-z0-9_]{40,}+"),
    ("cerebras key", "csk-", r"[A-Za-z0-9]{40,}+"),
    ("honeycomb key", "hc", r"[abc][im][kc]_[A-Za-z0-9]{48,}+"),
    ("discord token", "", r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}"),
    ("typeform token", "tfp_", r"[A-Za-z0-9_.=-]{40,64}"),
    ("contentful token", "CFPAT-", r"[A-Za-z0-9_-]{43}"),
    ("prefect key", "pn", r"[ub]_[A-Za-z0-9]{36}"),
    ("readme key", "rdme_", r"[a-z0-9]{70}"),
    ("shippo token", "shippo_", r"(?:live|test)_[a-f0-9]{40}"),
    ("easypost key", "EZ", r"[AT]K[A-Za-z0-9]{54}"),
    ("duffel key", "duffel_", r"(?:live|test)_[A-Za-z0-9_=-]{43}"),
    ("clojars token", "CLOJARS_", r"[A-Za-z0-9]{60}"),
    ("infracost key", "ico-", r"[A-Za-z0-9]{32}"),
    ("elastic token", "AAEAAWVsYXN0aWMv", r"[A-Za-z0-9_-]{20,}+"),
    ("dynatrace token", "dt0", r"[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}"),
)
_SALT = r"[./A-Za-z0-9]{1,32}\$"
_ARGON = (
    r"argon2(?:id|i|d)\$(?:v=\d{1,4}\$)?m=\d{1,10},t=\d{1,6},p=\d{1,4}\$[A-Za-z0-9+/]{8,128}\$[A-Za-z0-9+/]{16,256}"
)


def _token(name: str, start: str, rest: str) -> Kind:
    """One that begins with `start` and is known wherever no letter or digit stands before it."""
    hints = (start.lower() or ".",)
    return Kind(name, hints, re.compile(re.escape(start) + rest + ("" if rest.endswith("+") else _END)), apart=True)


VENDORS = (
    *(_token(*row) for row in _TOKENS),
    kind("fly token", "fm1 fm2", r"fm[12][ar]?_[A-Za-z0-9+/=_,-]{40,}+"),
    kind("webhook", "hooks.zapier.com", r"hooks\.zapier\.com/hooks/(?:catch|standard)/(?P<secret>[\w/-]{6,}+)"),
    Kind(
        "password hash",
        ("$",),
        re.compile(
            rf"\$(?:2[abxy]\$\d\d\$[./A-Za-z0-9]{{53}}|(?:[156y]|apr1)\$(?:rounds=\d{{1,9}}\$)?{_SALT}(?:{_SALT})?"
            rf"[./A-Za-z0-9]{{20,128}}|{_ARGON})"
            rf"|pbkdf2_sha\d{{1,3}}\$\d{{1,9}}\$\w{{1,64}}\$[A-Za-z0-9+/]{{20,128}}={{0,2}}+"
        ),
        scattered=True,
    ),
)
