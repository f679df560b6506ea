"""A source as an entry of `config.yaml`: its id from its host, its lines, and their place in the file.

The file is a person's: it is never written anew from its values, which would lose its comments and order.
"""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import yaml

from flows.errors import ConfigError, UnusableArgument
from flows.settings import SiteSettings, load_known_settings

_KEYS = ("id", "name", "region", "family", "lists", "status", "allow")
_PLAIN = re.compile(r"[a-z][a-z0-9-]*")


def id_of(address: str) -> str:
    """`rsj.sh.gov.cn` → `sh-rsj`, as the committed sources are called. UnusableArgument for a bare IP address."""
    host = urlsplit(address).hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = [label for label in host.split(".") if label not in {"www", "gov", "cn", "com", "org"}]
        name = re.sub(r"[^a-z0-9]+", "-", "-".join(reversed(labels)).lower()).strip("-")
        if name:
            return name
    raise UnusableArgument(address, "no name for an id in it; give one with --id")


def entry_text(site: SiteSettings, indent: str) -> str:
    """The lines of one item of `sites`, its dash after `indent`."""
    values = site.model_dump()
    lines = [f"{key}: {_scalar(values[key])}" for key in _KEYS if values[key]]
    return "".join(f"{indent}{'  ' if number else '- '}{line}\n" for number, line in enumerate(lines))


def _scalar(value: object) -> str:
    # A JSON text is a YAML one; plain words stay without quotes, as a person writes them.
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def add_entry(config: Path, site: SiteSettings) -> None:
    """Put a source behind the last one of the file, which changes at once or not at all.

    Raises ConfigError where the file would no longer be usable, or has its sources in brackets.
    """
    text = config.read_text(encoding="utf-8")
    line, indent = _end_of_sites(config, text)
    lines = text.splitlines(keepends=True)
    before = "".join(lines[:line])
    whole = (
        before + ("" if before.endswith("\n") else "\n") + entry_text(site, indent) + "".join(lines[line:])
    )
    staged = config.with_name(f".{config.name}.{os.getpid()}")
    staged.write_text(whole, encoding="utf-8")
    try:
        load_known_settings(staged)
        shutil.copymode(config, staged)
        staged.replace(config)
    finally:
        staged.unlink(missing_ok=True)


def _end_of_sites(config: Path, text: str) -> tuple[int, str]:
    """The number of lines up to the end of the last source, and what stands before its dash."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    assert isinstance(root, yaml.MappingNode)
    sites = next(value for key, value in root.value if key.value == "sites")
    if sites.flow_style:
        raise ConfigError(config, sites.start_mark.line + 1, "sites are in brackets: add the entry by hand")
    dash = text.splitlines()[sites.value[0].start_mark.line]
    return max(_last_lines(sites)) + 1, dash[: dash.index("-")]


def _last_lines(node: yaml.Node) -> Iterator[int]:
    # A block's own end mark lies behind the comments that follow it; a scalar's, at its end.
    if not isinstance(node, yaml.CollectionNode) or node.flow_style:
        yield node.end_mark.line
        return
    for item in node.value:
        for part in item if isinstance(item, tuple) else (item,):
            yield from _last_lines(part)
