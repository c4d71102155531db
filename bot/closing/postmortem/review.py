"""What people made of a postmortem, as it stands at its top (pure)."""

from __future__ import annotations

from bot.closing.postmortem.markdown import plain
from bot.domain.memory import Review
from bot.domain.postmortem import Written

_SAYS: dict[Review, str] = {
    "accepted": "**Reviewed** by {who} on {when}.",
    "edited": "**Reviewed and put right** by {who} on {when}.",
    "rejected": "**Rejected** on review by {who} on {when}: do not build on it.",
}


def with_review(written: Written, who: str) -> str:
    """Its text, below its heading who looked at it and when; as it is while it waits."""
    says = _SAYS.get(written.review)
    if says is None or written.reviewed_at is None:
        return written.text
    line = says.format(who=plain(who), when=f"{written.reviewed_at:%Y-%m-%d at %H:%M} UTC")
    head, line_break, rest = written.text.partition("\n")
    if not head.startswith("# "):
        return f"{line}\n\n{written.text}"
    return f"{head}\n\n{line}\n{line_break}{rest.lstrip()}"
