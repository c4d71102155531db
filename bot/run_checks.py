"""What doctor says of runs: the audit's key, the profile and its grants, the sandbox."""

from __future__ import annotations

import os

from bot.doctor import Check
from bot.domain.words import count
from bot.runs.autonomy_file import load_grants
from bot.settings import Settings
from runbooks.model import Library
from runbooks.running import HandsSettings, sandbox_check

SHORTEST_KEY = 32
"""Characters of AUDIT_KEY below which it can be guessed."""


def run_checks(settings: Settings, library: Library) -> list[Check]:
    """In the order in which a person would mend them."""
    own = [_audit(settings), _profile(settings), *_grants(settings, library), *_sandbox(settings)]
    return [*own, *_variables(settings)]


def _audit(settings: Settings) -> Check:
    key = settings.audit_key.get_secret_value() if settings.audit_key else ""
    fix = "make one with `openssl rand -hex 32` and keep it outside the database"
    if not key:
        return Check("audit", "warning", "AUDIT_KEY is not set, so that nothing can be run", fix)
    if len(key) < SHORTEST_KEY:
        return Check("audit", "warning", f"AUDIT_KEY has {count(len(key), 'character')} and could be guessed", fix)
    return Check("audit", "ok", "runs are recorded, each entry chained to the one before")


def _profile(settings: Settings) -> Check:
    profile = settings.autonomy_profile
    told = "nothing is run" if profile == "observe" else "reads run unasked, every change asks"
    return Check("autonomy", "ok", f"profile {profile}: {told}")


def _grants(settings: Settings, library: Library) -> list[Check]:
    if settings.autonomy_file is None:
        return []
    grants = load_grants(settings.autonomy_file)
    wrong = [*grants.problems, *grants.lapsed(library)]
    if wrong:
        return [Check("grants", "warning", "; ".join(map(str, wrong[:5])), "these grant nothing; mend AUTONOMY_FILE")]
    return [Check("grants", "ok", f"{count(len(grants.entries), 'step')} may run unasked")]


def _variables(settings: Settings) -> list[Check]:
    """Steps see the environment that `serve` was started in; what only stands in `.env` does not reach them."""
    missing = [name for name in settings.runbook_env if name not in os.environ]
    if not missing:
        return []
    fix = "set them where serve is started (not in .env), or take them out of RUNBOOK_ENV"
    return [Check("runbook variables", "warning", f"not set here: {', '.join(missing)}", fix)]


def _sandbox(settings: Settings) -> list[Check]:
    if settings.runbook_sandbox == "none":
        return []
    fault = sandbox_check(HandsSettings(programs=settings.runbook_allowed_programs, sandbox=settings.runbook_sandbox))
    if fault:
        return [Check("sandbox", "fault", fault, "until then every exec step is refused")]
    return [Check("sandbox", "ok", "steps run in bubblewrap")]
