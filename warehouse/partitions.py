"""One Parquet file a partition: sorted, compressed, described, and the same bytes for the same rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.contract import PARTITIONS, TableSchema, file_schema
from warehouse.errors import DamagedDataset, DuplicateRows, shown

ROW_GROUP_ROWS = 131_072
COMPRESSION_LEVEL = 3
"""zstd's own default: level 9 saved little on these tables for several times the time."""

PROSE = frozenset({"text", "message", "source", "title", "sha256"})
"""Columns of which hardly two rows are alike: a dictionary would only hold them twice."""

Codes = npt.NDArray[np.int64] | npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class PartitionFile:
    """A file of a snapshot: its folder and name below the table, rows, bytes and SHA-256."""

    folder: str
    name: str
    rows: int
    bytes: int
    sha256: str

    @property
    def path(self) -> str:
        """Path below the table's folder."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


def folder_of(report_year: int, region: int) -> str:
    """Hive folder of a partition below its table."""
    return "/".join(f"{key}={value}" for key, value in zip(PARTITIONS, (report_year, region), strict=True))


def keys_of(folder: str) -> tuple[int, int]:
    """The year and province of a hive folder; raises DamagedDataset if the folder is none of ours."""
    parts = [part.split("=", 1) for part in folder.split("/")]
    if [part[0] for part in parts] != list(PARTITIONS):
        raise DamagedDataset(folder, f"not a folder of the form {folder_of(2021, 11)}")
    return int(parts[0][1]), int(parts[1][1])


def encoded(table: pa.Table) -> pa.Table:
    """Text columns as dictionaries of just the values present, but for prose: four bytes a row."""
    columns = [
        pc.dictionary_encode(_plain(table[name])) if _repeats(name, table[name].type) else _plain(table[name])
        for name in table.column_names
    ]
    return pa.table(columns, names=table.column_names)


def _repeats(name: str, kind: pa.DataType) -> bool:
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    return bool(pa.types.is_string(plain)) and name not in PROSE


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column


def split(table: pa.Table, schema: TableSchema) -> Iterator[tuple[str, pa.Table]]:
    """Cut a checked table into its partitions: folder and rows, the folder's columns taken off."""
    if not schema.partitioned:
        yield "", table
        return
    if not len(table):
        return
    years = pc.fill_null(table["report_year"], 0).to_numpy().astype(np.int64)
    regions = table["region"].to_numpy().astype(np.int64)
    together = years * 100 + regions
    order = np.argsort(together, kind="stable")
    rows = table.drop_columns(list(PARTITIONS)).take(pa.array(order))
    values, starts = np.unique(together[order], return_index=True)
    ends = np.append(starts[1:], len(order))
    for value, start, end in zip(values.tolist(), starts.tolist(), ends.tolist(), strict=True):
        yield folder_of(*divmod(value, 100)), rows.slice(start, end - start)


def merged(parts: Iterable[pa.Table], schema: TableSchema) -> pa.Table:
    """The rows of several tables as one table, sorted; raises DuplicateRows."""
    rows = pa.concat_tables([encoded(part) for part in parts]).unify_dictionaries().combine_chunks()
    codes = {name: _codes(rows[name]) for name in schema.sort}
    order = np.lexsort([codes[name] for name in reversed(schema.sort)])
    if schema.unique and len(order) > 1:
        same = np.ones(len(order) - 1, dtype=bool)
        for name in schema.unique:
            ranked = codes[name][order]
            same &= ranked[1:] == ranked[:-1]
        if same.any():
            at = int(order[int(np.argmax(same))])
            raise DuplicateRows(schema.name, tuple(rows[name][at].as_py() for name in schema.unique))
    # The rows are there twice from here on; their ranks need not be there as well.
    del codes
    return rows.take(pa.array(order))


def without(rows: pa.Table, column: str, values: Set[str]) -> pa.Table:
    """The rows whose text in `column` is none of the values. The effort follows the rows, not the values."""
    held = rows[column].combine_chunks()
    coded = held if pa.types.is_dictionary(held.type) else pc.dictionary_encode(held)
    kept = np.array([value not in values for value in coded.dictionary.to_pylist()], dtype=bool)
    return rows.filter(pa.array(kept[coded.indices.to_numpy()]))


def _codes(column: pa.ChunkedArray) -> Codes:
    """Integers that sort as the column's values do (text by its UTF-8 bytes), nulls first."""
    if pa.types.is_integer(column.type):
        lowest = pa.scalar(np.iinfo(np.int64).min, pa.int64())
        filled = pc.fill_null(column.cast(pa.int64()), lowest)
        return np.asarray(filled.to_numpy(), dtype=np.int64)
    held = column if pa.types.is_dictionary(column.type) else pc.dictionary_encode(column)
    array = held.combine_chunks()
    order = pc.sort_indices(array.dictionary).to_numpy()
    # 32 bits: a partition of two million rows is sorted by five such columns at once.
    ranks = np.empty(len(order) + 1, dtype=np.int32)
    ranks[order] = np.arange(len(order), dtype=np.int32)
    ranks[-1] = -1
    codes: Codes = ranks[pc.fill_null(array.indices, len(order)).to_numpy()]
    return codes


def write_file(table: pa.Table, schema: TableSchema, folder: str, below: Path) -> PartitionFile:
    """Write sorted rows as one Parquet file under `below`/folder, synced; its name tells its content.

    A name of its own for every content means that a reader who listed the files before a run and opens them
    after it gets an error, never a mixture of two states.
    """
    target = file_schema(schema)
    place = below / folder if folder else below
    place.mkdir(parents=True, exist_ok=True)
    unnamed = place / "part.parquet"
    with pq.ParquetWriter(
        unnamed,
        target,
        compression="zstd",
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=True,
        write_statistics=True,
        write_page_checksum=True,
    ) as writer:
        for start in range(0, max(len(table), 1), ROW_GROUP_ROWS):
            rows = table.slice(start, ROW_GROUP_ROWS)
            columns = [_plain(rows[name]).cast(target.field(name).type) for name in target.names]
            writer.write_table(pa.table(columns, schema=target), row_group_size=ROW_GROUP_ROWS)
    digest = file_digest(unnamed)
    name = _file_name(digest)
    unnamed.rename(place / name)
    return PartitionFile(folder, name, len(table), (place / name).stat().st_size, digest)


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, as a PartitionFile tells it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_file(path: Path, schema: TableSchema, columns: list[str] | None = None) -> pa.Table:
    """Read one partition's stored columns; repeated text comes as dictionaries.

    The bytes are held against the digest in the file's name first: Parquet's page checksums leave the footer,
    and with it the meaning of every page, unprotected. Raises DamagedDataset.
    """
    names = columns if columns is not None else [column.name for column in schema.stored]
    coded = [name for name in names if _repeats(name, schema.column(name).type)]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DamagedDataset(path, str(error)) from error
    if path.name != _file_name(hashlib.sha256(content).hexdigest()):
        raise DamagedDataset(path, "its bytes are not those that its name tells of")
    with pq.ParquetFile(pa.BufferReader(content), read_dictionary=coded) as file:
        if lacking := sorted(set(names) - set(file.schema_arrow.names)):
            raise DamagedDataset(
                path, f"was written under another contract, it lacks columns {shown(lacking)}"
            )
        return file.read(columns=names)


def _file_name(sha256: str) -> str:
    return f"part-{sha256[:16]}.parquet"
