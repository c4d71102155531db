"""Bringing a database to the newest shape, and what that costs where there is nothing to bring."""

import subprocess
import sys

from alembic.script import ScriptDirectory

from bot.state.database import MIGRATIONS, head, migrate


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
