"""Doctor names every runbook that is left out, and what the others would need here."""

import pytest

from bot.checks import all_checks
from bot.settings import Settings


@pytest.fixture
def doctor(tmp_path):
    async def checks(**settings):
        found = await all_checks(
            Settings(
                _env_file=None,
                database_url=f"sqlite:///{tmp_path}/db.sqlite",
                chroma_path=tmp_path / "chroma",
                **settings,
            )
        )
        return {check.what: check for check in found if check.what.startswith("runbooks")}

    return checks


async def test_the_library_is_in_order_and_what_it_lacks_here_is_no_fault(doctor):
    found = await doctor(runbook_allowed_programs=())
    assert (found["runbooks"].state, found["runbooks here"].state) == ("ok", "off")
    assert "RUNBOOK_ALLOWED_PROGRAMS" in found["runbooks here"].detail


async def test_a_file_with_a_fault_is_named_with_its_line(doctor, tmp_path):
    books = tmp_path / "books"
    books.mkdir()
    (books / "good.yaml").write_text("id: good\nsteps: [{action: exec, command: helm list}]")
    (books / "bad.yaml").write_text("id: bad\nsteps:\n  - {action: exec, command: kubectl get pods | wc}")
    found = await doctor(runbooks_dir=books)
    assert found["runbooks"].state == "warning"
    assert "bad.yaml:3: `|` is shell syntax" in found["runbooks"].detail
    assert found["runbooks here"].state == "warning"
    assert "good.yaml: `helm` is not in RUNBOOK_ALLOWED_PROGRAMS" in found["runbooks here"].detail
