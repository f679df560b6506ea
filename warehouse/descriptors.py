"""Machine-readable descriptions of a release, derived from the contract and the files."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa

from warehouse.contract import PARTITIONS, REGION_DESCRIPTION, Column, TableSchema
from warehouse.release_texts import About
from warehouse.schemas import TABLES
from warehouse.snapshots import MANIFEST, Snapshot

PARQUET = "application/vnd.apache.parquet"
"""Media type registered with IANA in 2024."""


def _kind(column: Column, names: dict[str, str]) -> str:
    """The name under which a vocabulary knows the column's type."""
    tests = (
        (pa.types.is_integer, "integer"),
        (pa.types.is_floating, "number"),
        (pa.types.is_boolean, "boolean"),
        (pa.types.is_date, "date"),
        (pa.types.is_timestamp, "datetime"),
        (pa.types.is_list, "array"),
        (pa.types.is_string, "string"),
    )
    return names[next(kind for test, kind in tests if test(column.type))]


FRICTIONLESS = {
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "date": "date",
    "datetime": "datetime",
    # Table Schema's array is a text that holds JSON; a Parquet list is a list.
    "array": "any",
    "string": "string",
}
CROISSANT = {
    "integer": "sc:Integer",
    "number": "sc:Float",
    "boolean": "sc:Boolean",
    "date": "sc:Date",
    "datetime": "sc:DateTime",
    "array": "sc:Text",
    "string": "sc:Text",
}


def data_package(state: Snapshot, version: str, about: About) -> str:
    """datapackage.json: one resource a table, its files, their checksums, its fields.

    Fields are those inside the files; `partitionFields` (ours) tells of those that the folder names carry.
    """
    package = {
        "name": about.name,
        "id": f"{about.name}-{version}",
        "title": about.title,
        "description": about.description,
        "homepage": about.homepage,
        "version": version,
        "created": f"{version.split('.', maxsplit=1)[0]}T00:00:00Z",
        "licenses": [
            {"name": about.licence_name, "title": about.licence_title, "path": about.licence_address}
        ],
        "contributors": [{"title": about.publisher, "role": "publisher"}],
        "resources": [_resource(state, TABLES[name]) for name in TABLES],
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _resource(state: Snapshot, schema: TableSchema) -> dict[str, Any]:
    files = [file for _, file in sorted(state.files[schema.name].items())]
    resource: dict[str, Any] = {
        "name": schema.name,
        "description": f"One row is {schema.row}.",
        "path": [f"{schema.name}/{file.path}" for file in files],
        "format": "parquet",
        "mediatype": PARQUET,
        "encoding": "utf-8",
        "rowCount": sum(file.rows for file in files),
        "files": [
            {
                "path": f"{schema.name}/{file.path}",
                "rows": file.rows,
                "bytes": file.bytes,
                "hash": f"sha256:{file.sha256}",
            }
            for file in files
        ],
        "schema": {"fields": [_field(column) for column in schema.stored]},
    }
    if schema.unique:
        resource["schema"]["primaryKey"] = [name for name in schema.unique if name not in PARTITIONS] or None
    if schema.partitioned:
        resource["partitionFields"] = [
            {
                "name": "report_year",
                "type": "integer",
                "description": schema.column("report_year").description,
            },
            {"name": "region", "type": "integer", "description": REGION_DESCRIPTION},
        ]
    return resource


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _kind(column, FRICTIONLESS),
        "description": column.description,
    }
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.values is not None:
        constraints["enum"] = list(column.values)
    if column.pattern is not None:
        constraints["pattern"] = column.pattern
    if column.range is not None:
        constraints |= {"minimum": column.range[0], "maximum": column.range[1]}
    if constraints:
        field["constraints"] = constraints
    if column.unit:
        field["unit"] = column.unit
    return field


CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
"""The context that the Croissant 1.0 specification prescribes."""


def croissant(state: Snapshot, version: str, about: About, manifest_sha256: str) -> str:
    """croissant.json: a file set and a record set a table; the manifest stands for the files' checksums."""
    day = version.split(".", maxsplit=1)[0]
    described: dict[str, Any] = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "name": about.name,
        "description": about.description,
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "citeAs": f"{about.publisher}: {about.title}. Release {version}.",
        "license": about.licence_address,
        "url": about.homepage,
        "version": _semantic(version),
        "datePublished": day,
        "creator": {"@type": "sc:Organization", "name": about.publisher, "url": about.homepage},
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": "manifest",
                "name": "manifest",
                "description": "Every file of the release with rows, bytes and SHA-256.",
                "contentUrl": MANIFEST,
                "encodingFormat": "application/json",
                "sha256": manifest_sha256,
            },
            *(_file_set(TABLES[name]) for name in state.files),
        ],
        "recordSet": [_record_set(TABLES[name]) for name in state.files],
    }
    return json.dumps(described, ensure_ascii=False, indent=2) + "\n"


def _semantic(version: str) -> str:
    """2024-02-01.3 as 2024.201.3: Croissant wants three numbers without leading zeros."""
    day, number = version.split(".")
    year, month, day_of_month = day.split("-")
    return f"{int(year)}.{int(month + day_of_month)}.{number}"


def _file_set(schema: TableSchema) -> dict[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": f"{schema.name}-files",
        "name": f"{schema.name}-files",
        "description": f"Parquet files of table {schema.name}.",
        "encodingFormat": PARQUET,
        "includes": f"{schema.name}/**/*.parquet" if schema.partitioned else f"{schema.name}/*.parquet",
    }


def _record_set(schema: TableSchema) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": schema.name,
        "name": schema.name,
        "description": f"One row is {schema.row}.",
        "key": [{"@id": f"{schema.name}/{name}"} for name in schema.unique],
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{schema.name}/{column.name}",
                "name": column.name,
                "description": column.description,
                "dataType": _kind(column, CROISSANT),
                "repeated": bool(pa.types.is_list(column.type)),
                "source": {
                    "fileSet": {"@id": f"{schema.name}-files"},
                    "extract": {"column": column.name},
                },
            }
            for column in schema.stored
        ],
    }
