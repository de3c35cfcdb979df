"""The runs that are done, one JSON line each: what a killed study goes on from.

The first line is the head: protocol, commit, code, machine.  A line is on the disk before the next
run begins, so that what is lost is at most one run; a line cut off in the writing is left out.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from fieldcheck import ordinary

from .errors import ReplicationError

Row = dict[str, Any]
Key = tuple[int, str, str, float]


class Journal:
    """Open it with the head of this study; ``resume`` says that rows may already be there."""

    def __init__(self, path: Path, head: Row, resume: bool) -> None:
        self.path, self.head = path, head
        self.rows: list[Row] = []
        if path.exists() and not _hardly_begun(path):
            self._take_up(resume)
        else:
            self._write([{"head": head}])

    def _take_up(self, resume: bool) -> None:
        first, self.rows = read(self.path)
        if not resume:
            raise ReplicationError(
                f"{self.path} holds {len(self.rows)} runs: go on with --resume, or remove it"
            )
        for name in ("protocol", "code"):
            if first.get(name) != self.head[name]:
                raise ReplicationError(
                    f"the {name} changed since {self.path} was begun: its runs cannot be joined "
                    "with new ones; remove it and begin again"
                )
        self.head = first
        if not ordinary.read_text(self.path).endswith("\n"):  # the last line was cut off
            self._write([{"head": first}, *self.rows])

    def _write(self, rows: list[Row]) -> None:
        ordinary.write_text(self.path, "".join(map(line, rows)))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line(row))
            file.flush()
            os.fsync(file.fileno())

    @property
    def done(self) -> set[Key]:
        return {key(row) for row in self.rows}


def key(row: Row) -> Key:
    return row["seed"], row["task"], row["activation"], row["rate"]


def line(row: Row) -> str:
    return json.dumps(row, ensure_ascii=False) + "\n"


def _hardly_begun(path: Path) -> bool:
    """Did a kill cut off the head itself?  (Before heads were written whole or not at all.)"""
    text, start = ordinary.read_text(path), '{"head": {'
    return "\n" not in text and (text.startswith(start) or start.startswith(text))


def read(path: Path) -> tuple[Row, list[Row]]:
    """(head, rows); ReplicationError if a line other than the last does not read."""
    lines = ordinary.read_text(path).split("\n")
    rows = []
    for n, text in enumerate(lines):
        try:
            rows.append(json.loads(text))
        except json.JSONDecodeError:
            if n != len(lines) - 1:
                raise ReplicationError(f"{path}, line {n + 1} is no row: {text[:40]!r}") from None
    if not rows or "head" not in rows[0]:
        raise ReplicationError(f"{path} is no journal of a replication: it has no head")
    return rows[0]["head"], rows[1:]
