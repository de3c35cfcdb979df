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
        if path.exists():
            self._take_up(resume)
        else:
            self._append({"head": head})

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
        whole = "".join(line(row) for row in [{"head": first}, *self.rows])
        if self.path.read_text(encoding="utf-8") != whole:  # the last line was cut off
            self.path.write_text(whole, encoding="utf-8")

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self._append(row)

    def _append(self, row: Row) -> None:
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
