"""Text from outside, made fit to be shown: the one door to a terminal.

A ledger, a claims file, a folder's name may hold anything: escapes that set a terminal's title or
its clipboard, marks that turn the direction of writing, halves of characters that no encoding has.
Whatever the commands print goes through a :class:`Printer`, or, as JSON, through :func:`as_json`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, but tab and newline
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb"  # directions
    "\ud800-\udfff\U000e0000-\U000e007f]"  # halves of characters, tags
)


def printable(text: str) -> str:
    r"""The text with everything that could do something written out.

    >>> printable("a title\x1b[2J")
    'a title\\x1b[2J'
    """
    return UNFIT.sub(lambda found: ascii(found[0])[1:-1], text)


def as_json(value: Any, indent: int | None = 1) -> str:
    """JSON in plain ASCII: any terminal and any locale can take it."""
    return json.dumps(value, indent=indent, ensure_ascii=True).replace("\x7f", "\\u007f")


def say_error(message: object, label: str = "error") -> None:
    """One sentence on standard error; brackets in it are brackets."""
    console = Printer(stderr=True, highlight=False)
    console.print(f"[bold red]{label}:[/bold red] ", end="")
    console.print(str(message), markup=False, soft_wrap=True)


class Printer(Console):
    """Rich's console; what it prints is printable, wherever it came from."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As Rich has it, with every piece of text made printable."""
        for segment in super().render(renderable, options):
            if segment.control or not UNFIT.search(segment.text):
                yield segment
            else:
                yield Segment(printable(segment.text), segment.style)
