"""The errors of extractors: one family, each with the offending value in its message."""

from __future__ import annotations


class ExtractorError(Exception):
    """Anything that `extractors` raises on purpose: these bytes give no Document."""

    state = "unreadable_input"
    """The name under which a run counts the refusal."""


class EmptyInput(ExtractorError):
    """There are no bytes, or none that print."""

    state = "empty"

    def __init__(self, size: int) -> None:
        super().__init__(f"nothing to read in {size} bytes")


class UnsupportedKind(ExtractorError):
    """The content is of a kind that no reader takes."""

    state = "unsupported_kind"

    def __init__(self, kind: str) -> None:
        super().__init__(f"content is {kind}, which is not read")
        self.kind = kind


class InputTooLarge(ExtractorError):
    """The content is larger than any report page: reading it would cost more than one record."""

    state = "too_large"

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"{size} bytes, more than the {limit} that are read")
