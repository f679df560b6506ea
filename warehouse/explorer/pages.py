"""The pages of both languages, from templates that escape whatever is put into them."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from warehouse.explorer.plan import FOLDER, LANGUAGES, words
from warehouse.explorer.shards import write_bytes

VIEWS = ("overview", "coverage", "compare", "report", "quality")
FILES = {view: "index.html" if view == "overview" else f"{view}.html" for view in VIEWS}


def write_pages(out: Path, release: str, invented: bool) -> None:
    """Write each view in each language, and the page that leads to them."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}
    common = {"release": release, "invented": invented, "files": FILES, "views": VIEWS}
    for language in LANGUAGES:
        other = next(code for code in LANGUAGES if code != language)
        for view in VIEWS:
            page = environment.get_template(f"{view}.html").render(
                **common, lang=language, other=other, view=view, words=words(language), file=FILES[view]
            )
            write_bytes(out / language / FILES[view], page.encode("utf-8"))
    both = {language: words(language) for language in LANGUAGES}
    entrance = environment.get_template("entrance.html").render(**common, both=both)
    write_bytes(out / "index.html", entrance.encode("utf-8"))
