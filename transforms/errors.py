"""The errors of transforms: one family, each with the offending value in its message."""

from __future__ import annotations


class TransformError(Exception):
    """Anything that `transforms` raises on purpose."""


class CodebookError(TransformError):
    """A file of the codebook contradicts itself or its form; the message names file, key and value."""
