"""Questions that people asked, their answers, and what people thought of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.String(32)


def upgrade() -> None:
    questions = op.create_table(
        "questions",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("incident_id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("words", sa.String(64), nullable=False),
        sa.Column("evidence", sa.String(64)),
        sa.Column("stopped", sa.Integer, nullable=False),
        sa.Column("reply_channel", sa.Text),
        sa.Column("reply_ts", sa.Text),
        sa.Column("answered_at", MOMENT),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("answer", sa.Text),
    )
    unanswered = questions.c.answered_at.is_(None)
    op.create_index("questions_by_thread", "questions", ["channel_id", "thread", "asked_at"])
    op.create_index("questions_by_words", "questions", ["incident_id", "words"])
    op.create_index("questions_by_person", "questions", ["user_id", "asked_at"])
    op.create_index(
        "unanswered_questions", "questions", ["asked_at"], sqlite_where=unanswered, postgresql_where=unanswered
    )
    op.create_table(
        "answer_votes",
        sa.Column("question_id", sa.Text, primary_key=True),
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("vote", sa.String(8), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
    )
