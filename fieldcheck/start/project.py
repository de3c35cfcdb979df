"""A small project of one's own, written in one step: a register, a chapter, make, tests, CI."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from fieldcheck import ordinary
from fieldcheck.ledger.errors import UserError
from fieldcheck.start import article as articles
from fieldcheck.start.reading import Result, interpret
from fieldcheck.start.writing import claim_id, text

TEMPLATE = Path(__file__).parent / "template"
REGISTER, CHAPTER = "claims.py", "verdicts.md"


def create(name: str, folder: Path, source: Path | None = None) -> tuple[Path, Result | None]:
    """Make the project ``name`` in a folder; the whole of it or nothing.

    Args:
        source: a LaTeX article, whose equations become the claims; without it there is one claim
            as an example.

    Raises:
        UserError: no name for a folder, one that exists, no such article, one of the name of a
            file of the project, or none with an equation.
    """
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", name):
        raise UserError(f"{name!r} is no name for a project: letters, digits, hyphens and dots")
    target = folder / name
    if target.exists():
        raise UserError(f"{target} exists: name another folder")
    if not os.access(folder, os.W_OK):
        raise UserError(f"the folder {folder} cannot be written to")
    result = None if source is None else interpret(articles.read(source))
    files = dict(_files(name, result))
    if source is not None and source.name in files:
        raise UserError(f"the project has a file {source.name} of its own: rename the article")
    if source is not None:
        files[source.name] = ordinary.read_text(source)
    made = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=folder))
    try:
        for path, content in files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_text(content, encoding="utf-8")
        made.chmod(0o755)
        made.rename(target)
    except OSError as fault:
        shutil.rmtree(made, ignore_errors=True)
        raise UserError(f"cannot write {target}: {fault.strerror}") from None
    return target, result


def _files(name: str, result: Result | None) -> Mapping[str, str]:
    """The template's files; the dots of hidden ones are spelled ``dot-``."""
    files = {}
    for path in sorted(TEMPLATE.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            inside = path.relative_to(TEMPLATE).as_posix().replace("dot-", ".")
            files[inside.removesuffix(".in")] = path.read_text(encoding="utf-8")
    files = {path: content.replace("@NAME@", name) for path, content in files.items()}
    if result is not None:
        files[REGISTER] = text(result, REGISTER)
        files[CHAPTER] = _chapter(name, result)
    return files


def _chapter(name: str, result: Result) -> str:
    """A card for each claim, in the order of the article; what was not read is listed."""
    article = result.article.name
    stem = Path(article).stem
    lines = [f"# The equations of {article}", "", "```{ledger-summary}", "```", ""]
    for outcome in result.of("claim"):
        lines += [f"```{{claim}} {claim_id(stem, outcome)}", "```", ""]
    lost = result.of("reason")
    if lost:
        lines += ["## Not read", "", "| equation | line | why |", "|---|---|---|"]
        for outcome in lost:
            reason = outcome.reason.replace("|", "\\|").replace("\\", "\\\\")
            lines.append(f"| `{outcome.equation.label}` | {outcome.equation.line} | {reason} |")
        lines.append("")
    return "\n".join(lines)
