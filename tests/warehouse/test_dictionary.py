from __future__ import annotations

from pathlib import Path

from warehouse.dictionary import data_dictionary
from warehouse.schemas import TABLES

COMMITTED = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_committed_dictionary_is_the_one_that_the_contract_gives() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == data_dictionary(), (
        "run: python -m warehouse.dictionary > docs/data-dictionary.md"
    )


def test_every_column_has_a_description_of_its_own_words() -> None:
    for schema in TABLES.values():
        for column in schema.columns:
            assert len(column.description) > 5 and not column.description.endswith(".")
            assert set(schema.sort) | set(schema.unique) <= set(schema.names)
