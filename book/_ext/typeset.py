"""Formulas are set while the book is built: KaTeX, run by a JavaScript engine that is a wheel.

A reader's browser runs nothing for them. Each formula is on the page twice: as it is seen, and as
MathML with its TeX, for screen readers and for copying. A formula that KaTeX does not understand
is a warning, and so ends a strict build.

A display of aligned rows becomes a grid of its cells, each set by itself: a cell then breaks at its
relations and operators when the window is narrow, as a formula in a line of text does.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)
SCRIPT = Path(__file__).with_name("katex") / "katex.min.js"
RENDER = """
function render(tex, display, macros) {
  const options = {displayMode: display, macros: JSON.parse(macros), strict: "error", trust: false};
  try { return JSON.stringify([true, katex.renderToString(tex, options)]); }
  catch (fault) { return JSON.stringify([false, String(fault)]); }
}
"""
ROWS = re.compile(
    r"\\begin\{(aligned|align\*?|split|gathered|gather\*?)\}(.*)\\end\{\1\}([.,;]?)", re.DOTALL
)
# What opens and closes a group within which a row or a cell does not end, and no line breaks.
OPENS = re.compile(r"\{|\\left(?![a-zA-Z])|\\begin\{")
CLOSES = re.compile(r"\}|\\right(?![a-zA-Z])|\\end\{")
TOKEN = re.compile(r"\\(?:begin|end)\{\w+\*?\}|\\[a-zA-Z]+|\\.|.", re.DOTALL)


class TexError(ValueError):
    """KaTeX does not understand a formula."""


class Typesetter:
    """KaTeX with the book's macros; ``set(tex, display)`` is HTML."""

    def __init__(self, macros: dict[str, str]) -> None:
        self.engine = quickjs.Context()
        self.engine.eval("var window = globalThis, self = globalThis;")
        self.engine.eval(SCRIPT.read_text(encoding="utf8"))
        self.engine.eval(RENDER)
        self.render = self.engine.get("render")
        self.macros = json.dumps({f"\\{name}": text for name, text in macros.items()})
        self.set = lru_cache(maxsize=None)(self._set)

    def _set(self, tex: str, display: bool) -> str:
        # As JSON: the engine hands long strings over in pieces that its Python side cannot read.
        good, result = json.loads(self.render(tex, display, self.macros))
        if not good:
            raise TexError(f"{result} in {tex!r}")
        return result

    def display(self, tex: str) -> str:
        """A displayed formula; aligned rows as a grid of cells."""
        grid = rows(tex)
        if grid is None:
            return self.set(breakable(tex), True)
        width = max(len(row) for row in grid)
        cells = []
        for row in grid:
            for k in range(width):
                cell = row[k].strip() if k < len(row) else ""
                # As amsmath has it: a relation at a cell's beginning keeps its space.
                text = self.set(breakable(f"{{}}{cell}" if k % 2 else cell), True) if cell else ""
                cells.append(f'<div class="fc-cell">{text}</div>')
        return f'<div class="fc-rows fc-rows-{min(width, 3)}">{"".join(cells)}</div>'


def tokens(tex: str) -> list[tuple[str, int]]:
    """The tokens of a formula, each with the depth of groups it stands in."""
    found, depth = [], 0
    for token in TOKEN.findall(tex):
        if CLOSES.match(token):
            depth -= 1
        found.append((token, depth))
        if OPENS.match(token):
            depth += 1
    return found


def rows(tex: str) -> list[list[str]] | None:
    r"""The cells of a display that is rows, one under the other; else None.

    >>> rows(r"\begin{aligned} a &= b \\ &= c \end{aligned}")
    [[' a ', '= b '], [' ', '= c']]
    """
    match = ROWS.fullmatch(tex.strip())
    body, stop = (match[2], match[3]) if match else (tex, "")
    if (r"\\", 0) not in tokens(body):
        return None
    grid = [[""]]
    for token, depth in tokens(re.sub(r"\\\\\s*\[[^\]]*\]", r"\\\\", body)):
        if depth == 0 and token == "\\\\":
            grid.append([""])
        elif depth == 0 and token == "&":
            grid[-1].append("")
        else:
            grid[-1][-1] += token
    grid[-1][-1] = grid[-1][-1].rstrip() + stop
    return [row for row in grid if any(cell.strip() for cell in row)]


def breakable(tex: str) -> str:
    r"""A line may also break after a wide space that stands in no group.

    >>> breakable(r"a = b, \qquad \left( c \quad d \right)")
    'a = b, \\qquad\\allowbreak  \\left( c \\quad d \\right)'
    """
    parts = [
        token + r"\allowbreak " * (depth == 0 and token in {r"\quad", r"\qquad"})
        for token, depth in tokens(tex)
    ]
    return "".join(parts)


# --- the pages ------------------------------------------------------------------------------------


STOP = "<!--stop-->"
"""Between a formula and a full stop."""
KEPT = '<span class="fc-kept">'
AFTER_FORMULA = re.compile(f"{STOP}([.,;:!?)]*)")
AFTER_VERDICT = re.compile(r'(<a [^>]*><span class="fc-verdict[^>]*>[^<]*</span></a>)([.,;:!?)]+)')


def typesetter(app: Sphinx) -> Typesetter:
    if not hasattr(app, "typesetter"):
        app.typesetter = Typesetter(app.config.tex_macros)  # type: ignore[attr-defined]
    return app.typesetter  # type: ignore[attr-defined]


def _set(self: Any, node: nodes.Element, *, display: bool) -> str:
    setter, tex = typesetter(self.builder.app), node.astext()
    try:
        return setter.display(tex) if display else setter.set(tex, False)
    except TexError as fault:
        logger.warning("%s", fault, location=node, type="fieldcheck", subtype="tex")
        return f"<code>{self.encode(tex)}</code>"


def visit_inline(self: Any, node: nodes.math) -> None:
    # A title is also shown where no page's text is: beside it, as it stands.
    following = node.next_node(descend=False, siblings=True)
    ends = isinstance(following, nodes.Text) and following.astext()[:1] in tuple(".,;:!?)")
    stop = ends and not isinstance(node.parent, nodes.title | nodes.reference)
    self.body.append(KEPT * stop)
    self.body.append(self.starttag(node, "span", "", CLASS="math notranslate nohighlight"))
    self.body.append(_set(self, node, display=False) + "</span>" + STOP * stop)
    raise nodes.SkipNode


def keep_stops(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """No line begins with the full stop of a formula or of a verdict: both are kept together."""
    body = AFTER_FORMULA.sub(r"\1</span>", context.get("body", ""))
    context["body"] = AFTER_VERDICT.sub(rf"{KEPT}\1\2</span>", body)


def visit_display(self: Any, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f'<div class="fc-display">{_set(self, node, display=True)}</div></div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value("tex_macros", {}, "html")
    app.add_html_math_renderer("typeset", (visit_inline, None), (visit_display, None))
    app.add_css_file("katex/katex.css", priority=100)
    app.connect("html-page-context", keep_stops)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
