"""What the book needs so that it can be read from disk, without a network, and by everyone.

docutils gives a bibliography's entries a role that the accessibility standard has withdrawn, inside
a list that admits only list items; it is written anew here. Sphinx copies styles and scripts only
if it writes a page; here they are copied after every build.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx


def name_entries(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def copy_styles(app: Sphinx, fault: Exception | None) -> None:
    if fault is None and app.builder.format == "html":
        for folder in app.config.html_static_path:
            target = Path(app.outdir) / "_static"
            shutil.copytree(Path(app.confdir) / folder, target, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, Any]:
    # Jupyter Book sets this option of sphinx_comments whether or not that extension is loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("html-page-context", name_entries)
    app.connect("build-finished", copy_styles)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
