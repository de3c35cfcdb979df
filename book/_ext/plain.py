"""A formula as plain text, for search results and tips: from its MathML, not from its TeX."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from docutils import nodes
from typeset import TexError, Typesetter

MATH = re.compile(r"<math.*?</math>", re.DOTALL)
NS = "{http://www.w3.org/1998/Math/MathML}"
INFIX = {"msub": "_", "msup": "^", "mfrac": "/", "munder": "_", "mover": "^"}
SKIPPED = {"annotation", "mspace", "mphantom"}


def formula(setter: Typesetter, tex: str) -> str:
    """``a/b`` and ``x^2``; nothing where the formula cannot be set."""
    try:
        found = MATH.search(setter.set(tex, False))
    except TexError:
        return ""
    return _said(ElementTree.fromstring(found[0])) if found else ""


def _said(element: ElementTree.Element) -> str:
    name = element.tag.removeprefix(NS)
    if name in SKIPPED:
        return " " if name == "mspace" else ""
    parts = [_said(child) for child in element]
    if name in INFIX and len(parts) == 2:
        return INFIX[name].join(map(_grouped, parts))
    if name == "msubsup" and len(parts) == 3:
        return f"{parts[0]}_{_grouped(parts[1])}^{_grouped(parts[2])}"
    if name == "msqrt":
        return f"√({''.join(parts)})"
    if name == "mtr":
        return "; " + ", ".join(parts)
    text = (element.text or "").replace("⁡", "").replace("\u2061", "")
    return text + "".join(parts)


def _grouped(text: str) -> str:
    return text if len(text) < 2 or text.isalnum() else f"({text})"


def text(node: nodes.Node, setter: Typesetter, skipped: tuple[type, ...] = ()) -> str:
    """What a node says, formulas in plain text; ``skipped`` nodes say nothing."""
    if isinstance(node, skipped):
        return " "
    if isinstance(node, nodes.math | nodes.math_block):
        return f" {formula(setter, node.astext())} " if isinstance(node, nodes.math) else " … "
    if isinstance(node, nodes.Text):
        return str(node)
    parts = [text(child, setter, skipped) for child in node.children]
    joint = "" if isinstance(node, nodes.TextElement) else " "
    return joint.join(parts)
