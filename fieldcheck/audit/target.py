"""What a user names: an attribute of a module, a factory with arguments, an exported program."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import logging
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from .errors import BROKEN, AuditError, said
from .subject import Subject, check_built

LARGEST = 1 << 32
"""Entries of a state, more than which no machine would hold with all that is made of it."""
WIDTHS = ("normalized_shape", "embed_dim", "d_model", "n_embd", "in_features", "num_features",
          "num_channels", "in_channels", "hidden_size")  # fmt: skip


class Item(nn.Module):
    """One entry of what a module gives."""

    def __init__(self, inner: Callable[[Tensor], Any], key: str) -> None:
        super().__init__()
        self.inner, self.key = inner, int(key) if key.lstrip("-").isdigit() else key

    def forward(self, x: Tensor) -> Any:
        out = self.inner(x)
        try:
            return out[self.key]
        except (KeyError, IndexError, TypeError):
            raise AuditError(f"the output has no entry {self.key!r}") from None


def load(text: str, item: str | None = None) -> Callable[[Tensor], Any]:
    """The callable that ``text`` names.  Raises AuditError, in one sentence, where it does not."""
    found = _program(Path(text)) if text.endswith(".pt2") else _attribute(text)
    if isinstance(found, type):
        raise AuditError(f"{text} is a class: say how to build it, as in torch.nn:LayerNorm(8)")
    if not callable(found):
        raise AuditError(f"{text} is {type(found).__name__}, and cannot be called")
    check_built(found)
    return found if item is None else Item(found, item)


def example(
    module: Callable[[Tensor], Any], shape: str | None, dtype: str | None, channels: int, seed: int
) -> Tensor:
    """A normal state of the shape asked for, or of the first one that the module takes."""
    kind = _dtype(module, dtype)
    draw = lambda sizes: torch.randn(
        sizes, generator=torch.Generator().manual_seed(seed), dtype=_drawn(kind)
    ).to(kind)
    if shape is not None:
        return draw(_sizes(shape))
    first: AuditError | None = None
    for sizes in _guesses(module):
        try:
            Subject(module, draw(sizes), channels=channels)
            return draw(sizes)
        except AuditError as fault:
            first = first or fault
    raise AuditError(f"{first} (say --shape)")


def _drawn(kind: torch.dtype) -> torch.dtype:
    return kind if kind.is_complex else torch.float64


def _dtype(module: object, name: str | None) -> torch.dtype:
    if name is not None:
        kind = getattr(torch, name, None)
        if not isinstance(kind, torch.dtype):
            raise AuditError(f"there is no number format {name!r}: float32, say, or complex128")
        if not (kind.is_floating_point or kind.is_complex):
            raise AuditError(f"the input is {name}: a field needs real or complex numbers")
        return kind
    if isinstance(module, nn.Module):
        for p in module.parameters():
            if p.is_floating_point() or p.is_complex():
                return p.dtype
    return torch.float64


def _sizes(text: str) -> list[int]:
    try:
        sizes = [int(part) for part in text.replace(",", "x").split("x")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1:
        raise AuditError(f"{text!r} is no shape: write 16x64, tokens by channels")
    if math.prod(sizes) > LARGEST:
        raise AuditError(f"{text} has more than {LARGEST:,} entries")
    return sizes


def _guesses(module: object) -> list[list[int]]:
    width = 16
    if isinstance(module, nn.Module):
        widths = [getattr(m, name) for m in module.modules() for name in WIDTHS if hasattr(m, name)]
        last = [p.shape[-1] for p in module.parameters() if p.ndim]
        found = widths[0] if widths else (last[0] if last else width)
        width = found[-1] if isinstance(found, tuple | list) else int(found)
    return [[16, width], [1, 16, width], [1, width, 8, 8], [1, width, 16], [width]]


# ------------------------------------------------------------------------------------------ finding


def _program(path: Path) -> nn.Module:
    if not path.is_file():
        raise AuditError(f"there is no file {path}")
    try:
        # Unlike a module it refuses train(), and says so.  Of a file that is none torch would log a
        # traceback; the sentence below says it.
        with _quiet("torch.export"):
            return torch.export.load(path).module()
    except BROKEN as fault:
        raise AuditError(f"{path} is no exported program: {said(fault)}") from None


@contextmanager
def _quiet(name: str) -> Iterator[None]:
    """Without the warnings of one logger."""
    logger = logging.getLogger(name)
    before, logger.level = logger.level, logging.CRITICAL
    try:
        yield
    finally:
        logger.level = before


def _attribute(text: str) -> Any:
    home, colon, rest = text.partition(":")
    if not colon or not home or not rest:
        raise AuditError(
            f"{text!r} names nothing: write module:attribute, module:factory(arguments), "
            "a .pt2 file or a folder of weights"
        )
    try:
        tree = ast.parse(rest, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise AuditError(f"{rest!r} is no attribute and no call") from None
    return _resolve(_import(home), tree, home, rest)


def _resolve(module: Any, tree: ast.expr, home: str, text: str) -> Any:
    if isinstance(tree, ast.Name):
        return _get(module, tree.id, home)
    if isinstance(tree, ast.Attribute):
        return _get(_resolve(module, tree.value, home, text), tree.attr, ast.unparse(tree.value))
    if isinstance(tree, ast.Call):
        made = _resolve(module, tree.func, home, text)
        try:
            args = [ast.literal_eval(a) for a in tree.args]
            kwargs = {str(k.arg): ast.literal_eval(k.value) for k in tree.keywords}
        except (ValueError, RecursionError):
            raise AuditError(
                f"the arguments of {text} must be plain numbers, words, lists"
            ) from None
        try:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                return made(*args, **kwargs)
        except BROKEN as fault:
            raise AuditError(f"{text} cannot be built: {said(fault)}") from None
    raise AuditError(f"{text!r} is no attribute and no call")


def _get(owner: Any, name: str, said: str) -> Any:
    if not hasattr(owner, name):
        raise AuditError(f"{said} has no {name!r}")
    return getattr(owner, name)


def _import(home: str) -> Any:
    try:
        if home.endswith(".py"):
            spec = importlib.util.spec_from_file_location(Path(home).stem, home)
            if spec is None or spec.loader is None or not Path(home).is_file():
                raise AuditError(f"there is no file {home}")
            module = importlib.util.module_from_spec(spec)
            sys.modules.setdefault(spec.name, module)
            spec.loader.exec_module(module)
            return module
        if "" not in sys.path and str(Path.cwd()) not in sys.path:
            sys.path.insert(0, str(Path.cwd()))
        return importlib.import_module(home)
    except AuditError:
        raise
    except BROKEN as fault:
        raise AuditError(f"{home} cannot be imported: {said(fault)}") from None
