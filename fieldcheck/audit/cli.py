"""``fieldcheck weights``: the study of a folder of weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress

from fieldcheck.printable import Printer, say_error

from .errors import StudyError


def weights(
    path: Annotated[Path, typer.Argument(help="Folder with config.json and safetensors weights.")],
    json: Annotated[Path | None, typer.Option(help="Write the numbers to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page, one file, to this file.")] = None,
    text: Annotated[
        Path | None, typer.Option(help="English text (default: Python's own documentation).")
    ] = None,
    sentences: Annotated[int, typer.Option(min=2, help="Sentences of 12 to 36 words.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")] = 0,
) -> None:
    """Measure how far trained weights are from those of a field.

    Reads BERT and GPT-2 kinds. Symmetry and tying of the heads, ranks, spectra against random
    matrices; on sentences, how far each part is from a gradient, what becomes of the theory's
    energies, and how much the tokens' inner products move. All beside random weights of the same
    shapes and scales, and the same weights with their heads shuffled. Minutes for a small model.
    """
    try:
        record = _study(path, text, sentences, seed, [p for p in (json, html) if p])
        _write(record, json, html)
    except StudyError as fault:
        say_error(fault)
        raise typer.Exit(2) from None
    summary(record)


def _study(
    path: Path, text: Path | None, count: int, seed: int, outputs: list[Path]
) -> dict[str, Any]:
    for file in outputs:
        if not file.parent.is_dir():
            raise StudyError(f"the folder {file.parent} does not exist")
        if file.is_dir():
            raise StudyError(f"{file} is a folder, and cannot be written")
    from . import study as work
    from .checkpoint import load
    from .text import read

    given = {} if text is None else {"text": read(text), "source": text.name}
    model = load(path)
    with Progress(console=Printer(stderr=True), transient=True) as bar:
        task = bar.add_task("weights", total=work.steps(model, count))
        report = lambda what: bar.update(task, advance=1, description=what)
        return work.study(model, count=count, seed=seed, progress=report, **given)


def _write(record: dict[str, Any], json: Path | None, html: Path | None) -> None:
    from . import page

    for file, make in ((json, page.as_json), (html, page.as_html)):
        if file is not None:
            try:
                file.write_text(make(record), encoding="utf-8")
            except OSError as fault:
                raise StudyError(f"{file} cannot be written: {fault.strerror}") from None


def summary(record: dict[str, Any]) -> None:
    """Each number on two lines: what it is, and its values, layer by layer, beside the nulls."""
    from .page import table

    say = lambda line: Printer(highlight=False, soft_wrap=True).print(line)
    about = record["model"]
    say(f"[bold]{escape(about['name'])}[/bold], {about['layers']} layers of {about['heads']} heads")
    for title, *layers, random, shuffled, field in table(record):
        say(f"[bold]{title}[/bold]" + (f"  (a field: {field})" if field else ""))
        say(f"  {'  '.join(layers)}   [dim]random {random}; heads shuffled {shuffled}[/dim]")
