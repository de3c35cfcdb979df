"""What the book needs so that it can be read from disk, without a network, and by everyone.

docutils gives a bibliography's entries a role that the accessibility standard has withdrawn, inside
a list that admits only list items; it is written anew here.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx


def name_entries(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    if "body" in context:
        context["body"] = context["body"].replace('role="doc-biblioentry"', 'role="listitem"')


def setup(app: Sphinx) -> dict[str, Any]:
    # Jupyter Book sets this option of sphinx_comments whether or not that extension is loaded.
    app.add_config_value("comments_config", {}, "html")
    app.connect("html-page-context", name_entries)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
