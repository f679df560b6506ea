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


class DamagedFile(ExtractorError):
    """The file is of a kind that is read, but its structure is broken."""

    state = "damaged_file"

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"damaged {kind}: {problem}")


class EncryptedFile(ExtractorError):
    """The file opens with a password only."""

    state = "encrypted_file"

    def __init__(self, kind: str) -> None:
        super().__init__(f"the {kind} opens with a password only")


class TooManyPages(ExtractorError):
    """The file has more pages than any report."""

    state = "too_many_pages"

    def __init__(self, limit: int) -> None:
        super().__init__(f"more than the {limit} pages that are read")


class CompressionBomb(ExtractorError):
    """Unpacked, the file would be far larger than any report."""

    state = "compression_bomb"

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"{kind}: {problem}")


class XmlEntities(ExtractorError):
    """A part of an office file declares a document type: its entities may grow without bound, or hide text."""

    state = "xml_entities"

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} declares a document type, which no office program writes")


class TimeLimit(ExtractorError):
    """Reading took longer than a file may cost."""

    state = "time_limit"

    def __init__(self, seconds: float) -> None:
        super().__init__(f"reading took more than {seconds:g} s")


class MemoryLimit(ExtractorError):
    """Reading needed more memory than a file may cost."""

    state = "memory_limit"

    def __init__(self, size: int) -> None:
        super().__init__(f"reading needed more than {size >> 20} MiB of memory")


class ReaderDied(ExtractorError):
    """The process that read the file died of it."""

    state = "reader_died"

    def __init__(self, code: int | None) -> None:
        super().__init__(f"the reading process ended with code {code}")


class NeedsLibreOffice(ExtractorError):
    """The format is read by LibreOffice alone, which this machine lacks."""

    state = "needs_libreoffice"

    def __init__(self, kind: str) -> None:
        super().__init__(f"{kind} is read by LibreOffice, and there is no soffice on this machine")


class ConversionFailed(ExtractorError):
    """LibreOffice made nothing of the file."""

    state = "conversion_failed"

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"LibreOffice made nothing of this {kind}: {problem}")


BY_STATE: dict[str, type[ExtractorError]] = {
    kind.state: kind
    for kind in (
        *(
            ExtractorError,
            EmptyInput,
            UnsupportedKind,
            InputTooLarge,
            DamagedFile,
            EncryptedFile,
            TooManyPages,
        ),
        *(
            CompressionBomb,
            XmlEntities,
            TimeLimit,
            MemoryLimit,
            ReaderDied,
            NeedsLibreOffice,
            ConversionFailed,
        ),
    )
}
"""Every error by its state."""


def told(state: str, message: str) -> ExtractorError:
    """The error that another process raised, from its state and its words."""
    kind = BY_STATE[state]
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    return error
