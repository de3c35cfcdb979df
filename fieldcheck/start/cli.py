"""``fieldcheck new``: a project of one's own, empty or from a LaTeX article."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldcheck.ledger.errors import UserError
from fieldcheck.printable import printable


def new(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", help="The folder (default: the article's name)."),
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FILE.tex", help="Make claims of the equations of this article."
        ),
    ] = None,
) -> None:
    """Make a small project that works at once: a register, a chapter, make, tests and CI.

    With --from the claims are those of a LaTeX article; what could not be read is left as a stub.
    """
    from fieldcheck.start.project import REGISTER, create

    if name is None and source is None:
        raise UserError("nothing to make: give a NAME, or an article with --from FILE.tex")
    target, result = create(name or (source.stem if source else ""), Path(), source)
    if result is not None:
        claims, defined, lost = (result.of(k) for k in ("claim", "definition", "reason"))
        _say(
            f"{result.article.name}: {len(result.outcomes)} displayed equations; "
            f"{len(claims)} claims, {len(defined)} definitions, {len(lost)} not read"
        )
        for outcome in lost:
            equation = outcome.equation
            _say(f"  ({equation.label}), line {equation.line}: {outcome.reason}")
        assumed = sum(bool(o.claim and o.claim.notes) for o in claims)
        if assumed:
            _say(f"Assumptions were made to read {assumed} of them: see {target / REGISTER}")
    _say(f"{target} is made. Now:\n\n  cd {target}\n  fieldcheck verify {REGISTER}")
    if result is not None:
        _say(f"  fieldcheck coverage {result.article.name}")
    _say("  make test\n  make book")


def _say(line: str) -> None:
    """A line of which a part comes from a file."""
    typer.echo(printable(line))
