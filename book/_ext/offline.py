"""What the book needs so that it can be read from disk, without a network, and by everyone.

MathJax 3.2.2 (one file, SVG output, no web fonts) comes from a pinned package of the Python index.
It is checked against a digest and copied next to the pages before they are written.

docutils gives a bibliography's entries a role that the accessibility standard has withdrawn, inside
a list that admits only list items; it is written anew here.
"""

from __future__ import annotations

import hashlib
import shutil
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

PACKAGE = "sphinx-mathjax-offline"
FILE = "static/mathjax/tex-svg.js"
SHA256 = "d4295dc33744836935c1399feece5159577b34c5c8ffb9f1c6324cd82e03a882"


def mathjax_source() -> Path:
    """Return the path of the packaged file; raise if it is absent or is not the one we know."""
    for entry in distribution(PACKAGE).files or ():
        if entry.as_posix().endswith(FILE):
            path = Path(str(entry.locate()))
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            if digest != SHA256:
                raise ExtensionError(f"{path} is not MathJax 3.2.2: its sha256 is {digest}")
            return path
    raise ExtensionError(f"the package {PACKAGE} holds no {FILE}")


def copy_mathjax(app: Sphinx) -> None:
    # Before any page is written: the ?v= of its address is a checksum of the file found there.
    if app.builder.format == "html":
        target = Path(app.outdir) / "_static" / str(app.config.mathjax_path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(mathjax_source(), target)


def name_entries(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    # Jupyter Book sets this option of sphinx_comments whether or not that extension is loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", name_entries)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
