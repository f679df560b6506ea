"""YAML with positions: plain values, and the line on which each key stands, so that errors can point at it.

PyYAML keeps the last of two equal keys and knows no lines once the values are made: a person who mistyped
a key needs to be told both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from yaml.constructor import ConstructorError, SafeConstructor

from flows.errors import ConfigError

Location = tuple[str | int, ...]
"""Where a value stands: `("sites", 3, "delay_seconds")`; the same shape as pydantic's `loc`."""


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """The values of a YAML file, and the 1-based line of every key and list item."""

    path: Path
    values: object
    lines: dict[Location, int]

    def line_of(self, location: Location) -> int:
        """The line of the value at `location`, or of the nearest thing around it that the file contains."""
        for end in range(len(location), 0, -1):
            line = self.lines.get(location[:end])
            if line is not None:
                return line
        return 0


def read_config_file(path: Path) -> ConfigFile:
    """Read one YAML document of mappings, lists and scalars.

    Raises ConfigError for an unreadable file, bad YAML, a duplicate or non-text key, and anchors.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(path, 0, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(path, 0, f"is not UTF-8 (byte {error.start})") from error
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(path, line, f"is not YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(path, 0, f"is not YAML: {error}") from error
    if node is None:
        raise ConfigError(path, 0, "is empty")
    walk = _Walk(path)
    values = walk.value_of(node, ())
    return ConfigFile(path, values, walk.lines)


class _Walk:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Location, int] = {}
        self._seen: set[int] = set()
        self._scalars = SafeConstructor()

    def value_of(self, node: yaml.Node, location: Location) -> object:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        # An alias composes to the very node of its anchor: shared values could not be pointed at by one line.
        if id(node) in self._seen:
            raise ConfigError(self.path, node.start_mark.line + 1, "anchors and aliases are not used here")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self._placed(item, (*location, index)) for index, item in enumerate(node.value)]
        assert isinstance(node, yaml.MappingNode)
        return self._mapping(node, location)

    def _placed(self, node: yaml.Node, location: Location) -> object:
        self.lines[location] = node.start_mark.line + 1
        return self.value_of(node, location)

    def _mapping(self, node: yaml.MappingNode, location: Location) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            key = self.value_of(key_node, location)
            if not isinstance(key, str):
                raise ConfigError(self.path, line, f"the key {key!r} is not text")
            if key in mapping:
                first = self.lines[(*location, key)]
                raise ConfigError(self.path, line, f"duplicate key '{key}' (first on line {first})")
            self.lines[(*location, key)] = line
            mapping[key] = self.value_of(value_node, (*location, key))
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> object:
        try:
            return self._scalars.construct_object(node)
        except (ConstructorError, ValueError) as error:
            raise ConfigError(self.path, node.start_mark.line + 1, f"cannot read {node.value!r}") from error
