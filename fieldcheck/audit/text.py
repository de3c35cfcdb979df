"""English sentences: from the documentation topics that ship with Python, or from a file."""

from __future__ import annotations

import re
from pathlib import Path

from fieldcheck import ordinary

from .errors import StudyError

PLAIN = re.compile(r"[A-Z][A-Za-z,;:'\- ]+[.!?]")
SHORTEST, LONGEST = 12, 36
"""Words in a sentence."""


def python_topics() -> str:
    """The prose that ``help()`` shows on Python's keywords and topics."""
    from pydoc_data.topics import topics

    return "\n\n".join(topics[name] for name in sorted(topics))


def sentences(count: int, text: str | None = None) -> list[str]:
    """``count`` different plain sentences of 12 to 36 words, spread evenly over the text.

    Plain: letters and everyday punctuation only, no code.  Raises StudyError if there are fewer.
    """
    found: dict[str, None] = {}
    for paragraph in (python_topics() if text is None else text).split("\n\n"):
        if paragraph.startswith((" ", "\t")):  # code and tables
            continue
        for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", " ".join(paragraph.split())):
            if PLAIN.fullmatch(sentence) and SHORTEST <= len(sentence.split()) <= LONGEST:
                found[sentence] = None
    every = list(found)
    if len(every) < count:
        raise StudyError(
            f"the text has {len(every)} plain sentences of {SHORTEST} to {LONGEST} words; "
            f"{count} are asked for"
        )
    return [every[k * len(every) // count] for k in range(count)]


def read(path: Path) -> str:
    """A text file; StudyError if it cannot be read."""
    try:
        return ordinary.read_text(path)
    except (OSError, UnicodeDecodeError) as fault:
        raise StudyError(f"{path} cannot be read as text: {fault}") from None
