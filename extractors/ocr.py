"""Pictures of pages read by OCR, where the extra `gongkai[ocr]` is installed. Nothing is fetched: the package
brings its models.

A ruled table is read cell by cell: lines are found in the picture, and only the ink of one cell at a time is
recognised. So no figure moves to its neighbour, and a cell without ink is a blank. What is read is a claim
all the same: `transforms` believes a figure only where the identities of its table confirm it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from typing import Any

from extractors.document import Document, Image
from extractors.errors import DamagedFile
from extractors.printed import Box, Glyph, PrintedPage, blocks_of

OCR = "ocr"
NEEDS_OCR = "needs_ocr"
RENDERED_DPI = 200
SURE = 0.8
"""Recognised with less confidence, a text is damaged: no figure is read from it."""
MOST_PIXELS = 40_000_000
_DARK = 128


def is_installed() -> bool:
    """Whether the extra is there."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2"))


def image_document(content: bytes, kind: str) -> Document:
    """The Document of a picture; flagged `needs_ocr` where the extra is not installed. Raises DamagedFile."""
    if not is_installed():
        return Document(kind, None, (), (Image("the picture"),), None, frozenset({NEEDS_OCR}))
    import cv2  # noqa: PLC0415 (an optional extra)
    import numpy as np  # noqa: PLC0415 (as above)

    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    if picture is None or picture.size > MOST_PIXELS:
        raise DamagedFile(kind, "no picture, or one of too many pixels")
    return Document(kind, None, (), blocks_of([printed_page(picture)]), None, frozenset({OCR}))


def pdf_pages(content: bytes, numbers: Sequence[int]) -> Iterator[PrintedPage]:
    """The pages of a PDF, by number from 0, as OCR sees them."""
    import pypdfium2  # noqa: PLC0415 (an optional extra)

    opened = pypdfium2.PdfDocument(content)
    for number in numbers:
        page = opened[number]
        width, height = page.get_size()
        scale = min(RENDERED_DPI / 72, (MOST_PIXELS / max(width * height, 1)) ** 0.5)
        picture = page.render(scale=scale, grayscale=True).to_numpy()
        yield printed_page(picture.reshape(picture.shape[:2]))
        page.close()
    opened.close()


def printed_page(picture: Any) -> PrintedPage:
    """A grey picture as a printed page: its ruled tables cell by cell, the text around them line by line."""
    height, width = picture.shape
    ink = _ink(picture)
    lines = _ruling_lines(ink, _CELL_SHARES)
    tables = _tables(lines)
    clean = picture.copy()
    # A stroke of a title is as long as the shortest cell's edge: lines go where cells end, or where they are long.
    clean[_thick(lines) & _edges_of(tables, picture.shape) | _thick(_ruling_lines(ink, _RULE_SHARES))] = 255
    glyphs: list[Glyph] = []
    for table in tables:
        glyphs.extend(_cell_glyphs(clean, table))
    for table in tables:
        left, top = min(box.x0 for box in table), min(box.top for box in table)
        right, bottom = max(box.x1 for box in table), max(box.bottom for box in table)
        clean[int(top) : int(bottom) + 1, int(left) : int(right) + 1] = 255
    glyphs.extend(_loose_glyphs(clean))
    return PrintedPage(float(width), float(height), tuple(glyphs), tables)


def _ink(picture: Any) -> Any:
    import cv2  # noqa: PLC0415 (an optional extra)

    threshold = min(max(cv2.threshold(picture, 0, 255, cv2.THRESH_OTSU)[0], _DARK), 220)
    return (picture < threshold).astype("uint8") * 255


_CELL_SHARES, _RULE_SHARES = (40, 55), (8, 8)
"""Lines across and upright are longer than the page's width divided by this: the edge of a cell; a rule on the page."""


def _ruling_lines(ink: Any, shares: tuple[int, int]) -> tuple[Any, Any]:
    """The pixels of horizontal and of vertical lines of that length."""
    import cv2  # noqa: PLC0415 (an optional extra)

    across = cv2.getStructuringElement(cv2.MORPH_RECT, (max(ink.shape[1] // shares[0], 25), 1))
    upright = cv2.getStructuringElement(cv2.MORPH_RECT, (1, max(ink.shape[1] // shares[1], 20)))
    return cv2.morphologyEx(ink, cv2.MORPH_OPEN, across), cv2.morphologyEx(ink, cv2.MORPH_OPEN, upright)


def _thick(lines: tuple[Any, Any]) -> Any:
    import cv2  # noqa: PLC0415 (an optional extra)

    return cv2.dilate(cv2.bitwise_or(*lines), cv2.getStructuringElement(cv2.MORPH_RECT, (3, 3))) > 0


def _edges_of(tables: Sequence[Sequence[Box]], shape: tuple[int, int]) -> Any:
    """The pixels near the edges of cells."""
    import numpy as np  # noqa: PLC0415 (an optional extra)

    near = np.zeros(shape, bool)
    for box in (box for table in tables for box in table):
        x0, top, x1, bottom = (int(edge) for edge in box)
        for y in (top, bottom):
            near[max(y - _EDGE, 0) : y + _EDGE + 1, max(x0 - _EDGE, 0) : x1 + _EDGE + 1] = True
        for x in (x0, x1):
            near[max(top - _EDGE, 0) : bottom + _EDGE + 1, max(x - _EDGE, 0) : x + _EDGE + 1] = True
    return near


_EDGE = 4
"""Pixels at each side of a cell's edge that its line may take."""


def _tables(lines: tuple[Any, Any]) -> tuple[tuple[Box, ...], ...]:
    from pdfplumber import table as ruled  # noqa: PLC0415 (as for PDF)

    edges = [*_edges(lines[0], "h"), *_edges(lines[1], "v")]
    if len(edges) > MOST_EDGES:
        return ()
    merged = ruled.merge_edges(edges, 6, 6, 12, 12)
    cells = ruled.intersections_to_cells(ruled.edges_to_intersections(merged, 8, 8))
    return tuple(
        tuple(Box(*cell) for cell in found) for found in ruled.cells_to_tables(cells) if len(found) > 1
    )


MOST_EDGES = 3000


def _edges(mask: Any, orientation: str) -> Iterator[dict[str, Any]]:
    import cv2  # noqa: PLC0415 (an optional extra)

    _, _, boxes, _ = cv2.connectedComponentsWithStats(mask)
    for x, y, width, height, _ in boxes[1:].tolist():
        middle_x, middle_y = x + width / 2, y + height / 2
        flat = orientation == "h"
        yield {
            "x0": float(x if flat else middle_x),
            "x1": float(x + width if flat else middle_x),
            "top": float(middle_y if flat else y),
            "bottom": float(middle_y if flat else y + height),
            "width": float(width if flat else 0),
            "height": float(0 if flat else height),
            "orientation": orientation,
            "object_type": "line",
        }


def _cell_glyphs(clean: Any, table: Sequence[Box]) -> Iterator[Glyph]:
    """Each line of each cell as one glyph."""
    places: list[Box] = []
    strips: list[Any] = []
    for box in table:
        x0, top, x1, bottom = (int(edge) for edge in box)
        cell = clean[top + 2 : bottom - 1, x0 + 2 : x1 - 1]
        for place, strip in _lines_in(cell):
            places.append(
                Box(x0 + 2 + place.x0, top + 2 + place.top, x0 + 2 + place.x1, top + 2 + place.bottom)
            )
            strips.append(strip)
    for place, text in zip(places, _recognised(strips), strict=True):
        yield Glyph(text, place.x0, place.top, place.x1, place.bottom)


_SPECK = 3
"""Rows or columns of ink fewer than this are dirt."""


def _lines_in(cell: Any) -> Iterator[tuple[Box, Any]]:
    """The lines of text in a cell, each with the picture of it on a white margin."""
    import numpy as np  # noqa: PLC0415 (an optional extra)

    if cell.size == 0:
        return
    ink = _ink(cell) > 0 if cell.min() < _DARK else np.zeros(cell.shape, bool)
    for top, bottom in _spans_of(ink.any(axis=1), 2):
        columns = np.flatnonzero(ink[top:bottom].any(axis=0))
        if bottom - top < _SPECK or columns.size == 0:
            continue
        left, right = int(columns[0]), int(columns[-1]) + 1
        margin = max((bottom - top) // 3, 4)
        wide = max(right - left + 2 * margin, 2 * (bottom - top))
        strip = np.full((bottom - top + 2 * margin, wide), 255, cell.dtype)
        at = (wide - (right - left)) // 2
        strip[margin : margin + bottom - top, at : at + right - left] = cell[top:bottom, left:right]
        yield Box(left, top, right, bottom), strip


def _spans_of(filled: Any, gap: int) -> list[tuple[int, int]]:
    """Runs of filled rows, those that a gap no wider than `gap` parts being one."""
    import numpy as np  # noqa: PLC0415 (an optional extra)

    spans: list[tuple[int, int]] = []
    for row in np.flatnonzero(filled).tolist():
        if spans and row - spans[-1][1] <= gap:
            spans[-1] = (spans[-1][0], row + 1)
        else:
            spans.append((row, row + 1))
    return spans


@cache
def _engine() -> Any:
    import cv2  # noqa: PLC0415 (an optional extra)
    from rapidocr import RapidOCR  # noqa: PLC0415 (an optional extra)

    cv2.setNumThreads(1)
    engine = {
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Global.log_level": "critical",
        # Lines narrower than this are widened to it: most are a single digit.
        "Rec.rec_img_shape": [3, 48, _NARROWEST],
        # Lines read together are padded to the widest: slower, in a third more memory, and a line's text would
        # depend on its neighbours.
        "Rec.rec_batch_num": 1,
    }
    opened: Any = RapidOCR(params=engine)
    # There is no public way to read lines without looking for them first.
    return opened._load_rec_model()


_NARROWEST = 96
_LONGEST = 64
"""Heights of a line: a longer one is no line of print (small type over a page has 40), and its length costs."""


def _recognised(strips: Sequence[Any]) -> list[str]:
    """The text of each strip; with U+FFFD behind it where the recognition is not sure."""
    sound = [strip.shape[1] <= _LONGEST * strip.shape[0] for strip in strips]
    lines = [strip for strip, is_line in zip(strips, sound, strict=True) if is_line]
    if not lines:
        return ["\ufffd"] * len(strips)
    import cv2  # noqa: PLC0415 (an optional extra)
    from rapidocr.ch_ppocr_rec import TextRecInput  # noqa: PLC0415 (an optional extra)

    coloured = [cv2.cvtColor(line, cv2.COLOR_GRAY2BGR) for line in lines]
    read = _engine()(TextRecInput(img=coloured))
    claims = map(_claimed, read.txts, read.scores)
    return [next(claims) if is_line else "\ufffd" for is_line in sound]


def _claimed(text: str, score: float) -> str:
    return text if score >= SURE and text else text + "\ufffd"


def _loose_glyphs(clean: Any) -> Iterator[Glyph]:
    """The text outside tables, a glyph for each line of the page."""
    found = list(_lines_in(clean))
    for (place, _), text in zip(found, _recognised([strip for _, strip in found]), strict=True):
        yield Glyph(text, place.x0, place.top, place.x1, place.bottom)
