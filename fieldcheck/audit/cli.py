"""``fieldcheck audit`` of any module, ``fieldcheck weights``, the study of a folder of weights."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import Progress

from fieldcheck import ordinary
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
    with _told():
        record = _study(path, text, sentences, seed, [p for p in (json, html) if p])
        _write(record, json, html)
    summary(record)


def audit(
    target: Annotated[
        str,
        typer.Argument(
            help="module:attribute, module:factory(arguments), FILE.py:attribute, an exported "
            "program (.pt2), or a folder of weights."
        ),
    ],
    shape: Annotated[
        str | None, typer.Option(help="Shape of its input, 16x64 say (default: one that fits).")
    ] = None,
    dtype: Annotated[
        str | None, typer.Option(help="Its number format (default: that of its weights).")
    ] = None,
    channels: Annotated[
        int, typer.Option(help="Axis of the channels: -1, the last; 1 for images.")
    ] = -1,
    item: Annotated[
        str | None, typer.Option(help="Entry to take of an output that is a tuple or dict.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of all that is drawn.")] = 0,
    json: Annotated[Path | None, typer.Option(help="Write the answers to this file.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page, one file, to this file.")] = None,
) -> None:
    """Ask any torch module which field it is.

    A gradient, and of what potential? In which metric? Hamiltonian, equivariant, homogeneous,
    monotone, a projection? Each answer comes with a number, the smallest fault that would have
    been seen, and a witness where it is no. Of a folder: the study of `fieldcheck weights`.

    `fieldcheck audit "torch.nn:TransformerEncoderLayer(64, 4, batch_first=True)" --html page.html`
    """
    if os.path.isdir(target):  # False also of words too long to name a file
        weights(Path(target), json=json, html=html, seed=seed)
        return
    with _told():
        _writable([p for p in (json, html) if p])
        from .inquiry import report
        from .target import example, load

        with warnings.catch_warnings():  # what torch says of itself, to programmers
            for kind in (FutureWarning, DeprecationWarning):
                warnings.simplefilter("ignore", kind)
            module = load(target, item)
            found = report(
                module, example(module, shape, dtype, channels, seed),
                name=target, channels=channels, seed=seed,
            )  # fmt: skip
        first = found["deterministic"]
        if first.verdict == "no":
            raise StudyError(
                f"{target} is random: asked twice, its answers differ by {first.measured:.2g} of "
                "their size"
            )
        from . import sheet

        _put([(json, sheet.as_json), (html, sheet.as_html)], found)
        sheet.show(found, _table_console())


def _table_console() -> Printer:
    """As wide as the terminal; where nothing says how wide, wide enough for the table."""
    console = Printer(highlight=False)
    return console if console.is_terminal else Printer(highlight=False, width=140)


@contextmanager
def _told() -> Iterator[None]:
    """Faults of the user's end in one sentence and exit code 2."""
    try:
        yield
    except StudyError as fault:
        say_error(fault)
        raise typer.Exit(2) from None


def _writable(outputs: list[Path]) -> None:
    if len(set(map(os.path.realpath, outputs))) < len(outputs):
        raise StudyError(f"{outputs[0]} is named twice: one would overwrite the other")
    for file in outputs:
        if not file.parent.is_dir():
            raise StudyError(f"the folder {file.parent} does not exist")
        if file.is_dir():
            raise StudyError(f"{file} is a folder, and cannot be written")


def _study(
    path: Path, text: Path | None, count: int, seed: int, outputs: list[Path]
) -> dict[str, Any]:
    _writable(outputs)
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

    _put([(json, page.as_json), (html, page.as_html)], record)


def _put(files: list[tuple[Path | None, Callable[[Any], str]]], found: Any) -> None:
    """All texts are made before any is written, and each is written whole."""
    texts = [(file, make(found)) for file, make in files if file is not None]
    for file, text in texts:
        try:
            ordinary.write_text(file, text)
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
