"""Bringing a database to the newest shape, and what that costs where there is nothing to bring."""

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

from bot.state.database import MIGRATIONS, NewerSchemaError, head, migrate, prepare_sqlite, sync_url


def test_the_newest_migration_is_told_by_the_names_of_the_files():
    scripts = ScriptDirectory(MIGRATIONS)
    assert scripts.get_heads() == [head()]
    assert {f"v{script.revision}" for script in scripts.walk_revisions()} == {
        path.name[:5] for path in MIGRATIONS.glob("versions/v*.py")
    }


def test_a_database_of_the_newest_shape_loads_nothing_that_would_change_it(tmp_path):
    url = f"sqlite:///{tmp_path / 'bot.sqlite'}"
    program = f"""
import sys
from bot.state.database import migrate
print(migrate({url!r}), "alembic" in sys.modules)
"""
    starts = [subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True) for _ in "12"]
    assert [start.stdout.split() for start in starts] == [[head(), "True"], [head(), "False"]]


def test_a_database_without_any_migration_is_brought_to_the_newest(database_url):
    assert migrate(database_url) == head() == migrate(database_url)


def columns(connection):
    """Table → its columns, and whether a row can be put in without each."""
    looking = sa.inspect(connection)
    return {
        table: {one["name"]: one["nullable"] or one["default"] is not None for one in looking.get_columns(table)}
        for table in looking.get_table_names()
    }


def test_each_migration_leaves_the_version_before_it_able_to_run(database_url):
    """What a table had it has, and a row as the version before writes it is taken."""
    engine = sa.create_engine(sync_url(database_url))
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    before = {}
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        for script in reversed(list(ScriptDirectory(MIGRATIONS).walk_revisions())):
            command.upgrade(config, script.revision)
            after = columns(connection)
            for table, old in before.items():
                new = set(after[table]) - set(old)
                assert set(old) <= set(after[table]), f"{script.revision} takes columns of {table} away"
                assert all(after[table][name] for name in new), f"{script.revision} asks for {new} in {table}"
            before = after
    engine.dispose()


@pytest.mark.parametrize("word", ["migrate", "serve"])
def test_a_newer_database_is_refused_in_a_sentence_that_says_what_to_do(database_url, tmp_path, word):
    migrate(database_url)
    engine = sa.create_engine(sync_url(database_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(NewerSchemaError):
        migrate(database_url)
    env = {"DATABASE_URL": database_url, "SLACK_BOT_TOKEN": "xoxb-1", "PATH": os.environ["PATH"]}
    told = subprocess.run([sys.executable, "-m", "bot", word], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert told.returncode == 1
    assert "Traceback" not in told.stderr
    assert f"revision 9999, and this version of the bot knows {head()} at most. Start the newer version" in told.stderr
