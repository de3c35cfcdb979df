"""Count what a chapter's source promises: formulas and pictures.

The source is read with the parser the book is built with, and directives are entered (a formula
may stand in an exercise), so that the count owes nothing to the pages it is compared with.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf8"))

FORMULAS = {"math_inline", "math_inline_double", "math_block", "math_block_label", "amsmath"}
# Directives whose body is not Markdown of ours: code, data, or nodes made elsewhere.
OPAQUE = {
    "bibliography",
    "cite-box",
    "claim",
    "claims-map",
    "code",
    "code-block",
    "code-cell",
    "equation-coverage",
    "get-the-source",
    "eval-rst",
    "ledger-reach",
    "ledger-summary",
    "ledger-table",
    "ledger-thresholds",
    "ledger-timings",
    "literalinclude",
    "nb-exec-table",
    "parsed-literal",
    "raw",
    "source",
    "sources-score",
    "subject-index",
    "tableofcontents",
    "toctree",
}
PICTURES = {"figure", "image"}
DIRECTIVE = re.compile(r"^\{([^}\s]+)\}\s*(.*)$")


@dataclass
class Promise:
    """What one source file promises its reader."""

    formulas: int = 0
    pictures: int = 0  # figures and images written in Markdown
    plots: int = 0  # code cells that say, with `image: alt`, that they draw
    cells: int = 0

    def __iadd__(self, other: Promise) -> Promise:
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        return self


def _parser() -> Any:
    extensions = set(CONFIG["parse"]["myst_enable_extensions"])
    config = MdParserConfig(
        enable_extensions=extensions,
        dmath_double_inline=CONFIG["sphinx"]["config"].get("myst_dmath_double_inline", False),
    )
    return create_md_parser(config, DocutilsRenderer)


def read(path: Path) -> Promise:
    return count(path.read_text(encoding="utf8"))


def count(text: str) -> Promise:
    """Count the formulas and pictures of one Markdown text, directives entered."""
    total = Promise()
    for token in _parser().parse(text, {}):
        total += _block(token)
        for child in token.children or ():
            total += _inline(child)
    return total


def _inline(token: Any) -> Promise:
    if token.type in FORMULAS or (token.type == "myst_role" and token.meta["name"] == "math"):
        return Promise(formulas=1)
    if token.type == "image":
        # The alternative text holds tokens of its own; it is not shown.
        return Promise(pictures=1)
    return Promise()


def _block(token: Any) -> Promise:
    if token.type in FORMULAS:
        return Promise(formulas=1)
    if token.type not in {"fence", "colon_fence"}:
        return Promise()
    match = DIRECTIVE.match(token.info.strip())
    if match is None:
        return Promise()
    name, argument = match.groups()
    if name == "math":
        return Promise(formulas=1)
    options, body = _options(token.content)
    if name == "code-cell":
        return Promise(cells=1, plots=int(_draws(options)))
    if name in OPAQUE:
        return Promise()
    inside = count(body)
    if name in PICTURES:
        inside.pictures += 1
    else:
        inside += count(argument)  # a title
    return inside


def _options(content: str) -> tuple[dict[str, Any], str]:
    """Split the options off a directive's content: a `---` block or `:key: value` lines."""
    lines = content.splitlines()
    if lines and lines[0].strip() == "---":
        end = next((i for i, line in enumerate(lines[1:], 1) if line.strip() == "---"), len(lines))
        return yaml.safe_load("\n".join(lines[1:end])) or {}, "\n".join(lines[end + 1 :])
    end = next((i for i, line in enumerate(lines) if not line.startswith(":")), len(lines))
    taken = [line[1:].replace(":", ": ", 1) for line in lines[:end]]
    try:
        options = yaml.safe_load("\n".join(taken)) or {}
    except yaml.YAMLError:
        options = {}
    return options, "\n".join(lines[end:])


def _draws(options: dict[str, Any]) -> bool:
    told = options.get("mystnb") or {}
    image = told.get("image") or {}
    return bool(image.get("alt")) or bool((told.get("figure") or {}).get("alt"))


def table_of_contents() -> list[str]:
    """Return every document the table of contents names, without suffix, in reading order."""
    toc: dict[str, Any] = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))
    names = [toc["root"]]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "file" in node:
                names.append(node["file"])
            for key in ("parts", "chapters", "sections"):
                walk(node.get(key))
        elif isinstance(node, list):
            for item in node:
                walk(item)

    walk({key: toc[key] for key in ("parts", "chapters") if key in toc})
    return names
