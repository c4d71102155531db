"""What is read from services.yaml, and what a person is told who wrote it wrong."""

from pathlib import Path

import pytest

from bot.catalog import CatalogError, load
from integrations.contract import Service


@pytest.fixture
def catalog_of(tmp_path):
    def write(text):
        path = tmp_path / "services.yaml"
        path.write_text(text)
        return load(path)

    return write


def test_without_a_file_every_service_is_known_by_its_name_alone():
    catalog = load(None)
    assert catalog.scope_of("anything") == {"anything": Service("anything")}
    assert not catalog.known("anything")


def test_the_example_that_we_ship_loads():
    catalog = load(Path(__file__).parents[1] / "services.example.yaml")
    assert list(catalog.scope_of("payment-service")) == ["payment-service", "ledger", "payment-gateway"]
    assert catalog.service("payment-service").tier == 1


def test_the_scope_goes_down_the_call_graph_nearest_first_and_survives_cycles(catalog_of):
    catalog = catalog_of(
        "services: [{name: a, depends_on: [b, c]}, {name: b, depends_on: [d, a]}, {name: d, depends_on: [e]}]"
    )
    assert list(catalog.scope_of("a")) == ["a", "b", "c", "d", "e"]
    assert catalog.callers_of("a") == ("b",)


def test_a_huge_call_graph_is_bounded(catalog_of):
    calls = "\n".join(f"  - {{name: s{n}, depends_on: [s{n + 1}, t{n}]}}" for n in range(200))
    assert len(catalog_of(f"services:\n{calls}").scope_of("s0")) == 50


def test_a_mapping_of_names_is_read_too(catalog_of):
    catalog = catalog_of("services:\n  a: {owner: x}\n  b:\n")
    assert catalog.service("a").owner == "x"
    assert catalog.known("b")


def test_every_fault_is_told_at_once_with_its_line_and_a_suggestion(catalog_of):
    with pytest.raises(CatalogError) as told:
        catalog_of(
            "services:\n  - name: a\n    onwer: x\n  - owner: y\n  - name: b\n    tier: high\n    repo: nowhere\n"
            "    depends_on: c\n  - name: a\nextra: 1\n"
        )
    lines = [line.partition("services.yaml:")[2] for line in str(told.value).splitlines()]
    assert [line.split(":")[0] for line in lines] == ["10", "3", "4", "6", "8", "7", "9"]
    assert "did you mean `owner`?" in str(told.value)
    assert "owner/name" in str(told.value)


def test_a_service_that_stands_twice_is_a_fault_in_either_form(catalog_of):
    with pytest.raises(CatalogError, match=r"services\.yaml:3: `a` stands here a second time"):
        catalog_of("services:\n  a: {owner: x}\n  a: {owner: y}\n")


@pytest.mark.parametrize(
    "text",
    [
        "services: {",
        "&a services: [*a]",
        "services: &a [*a]",
        "- 1",
        "services: 3",
        "services: [1]",
        "services: [{name: 1}]",
    ],
)
def test_what_is_no_catalog_is_refused_with_the_file_named(catalog_of, text):
    with pytest.raises(CatalogError, match=r"services\.yaml"):
        catalog_of(text)


def test_a_file_that_is_not_there_names_the_setting(tmp_path):
    with pytest.raises(CatalogError, match="SERVICES_FILE"):
        load(tmp_path / "none.yaml")
