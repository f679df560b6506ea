"""What a run has added so far, by table and partition: in memory up to a bound, beyond it on disk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from warehouse.contract import TableSchema
from warehouse.partitions import split
from warehouse.schemas import TABLES

SPILL_BYTES = 128 * 1024 * 1024
"""Arrow bytes taken in before they go to disk; a million cells are about 130 MB."""


class Spool:
    """Rows waiting for their partitions; on disk, one Arrow record batch a partition, read one at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: dict[str, dict[str, list[pa.Table]]] = {name: defaultdict(list) for name in TABLES}
        self._spilled: dict[str, dict[str, list[tuple[Path, int]]]] = {
            name: defaultdict(list) for name in TABLES
        }
        self._bytes = 0
        self._files = 0

    def add(self, schema: TableSchema, table: pa.Table) -> None:
        """Take in a checked table that has its `region` column, if it is partitioned."""
        for folder, rows in split(table, schema):
            self._waiting[schema.name][folder].append(rows)
        self._bytes += table.nbytes
        if self._bytes > SPILL_BYTES:
            self._spill()

    def folders(self, name: str) -> set[str]:
        """Partitions of a table that have new rows."""
        return set(self._waiting[name]) | set(self._spilled[name])

    def parts(self, name: str, folder: str) -> Iterator[pa.Table]:
        """The new rows of one partition, in the order in which they came, a part at a time."""
        for path, number in self._spilled[name].get(folder, ()):
            with pa.memory_map(str(path)) as source, pa.ipc.open_file(source) as reader:
                yield pa.Table.from_batches([reader.get_batch(number)])
        yield from self._waiting[name].get(folder, ())

    def _spill(self) -> None:
        for name, folders in self._waiting.items():
            if not folders or not TABLES[name].partitioned:
                continue
            path = self._folder / f"{name}-{self._files:05d}.arrow"
            schema = next(iter(folders.values()))[0].schema
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema, options=options) as writer:
                for number, (folder, parts) in enumerate(folders.items()):
                    writer.write_batch(pa.concat_tables(parts).combine_chunks().to_batches()[0])
                    self._spilled[name][folder].append((path, number))
            folders.clear()
        self._files += 1
        self._bytes = 0
