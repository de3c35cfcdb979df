"""A statement with known truth, written as text so that it can be shown, joined and transformed."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from fieldcheck import domains, relations
from tests.meta.corpus import formulas

NAMES = {
    **{k: v for k, v in vars(domains).items() if not k.startswith("_")},
    **{k: v for k, v in vars(relations).items() if not k.startswith("_")},
    **{k: v for k, v in vars(formulas).items() if not k.startswith("_")},
    "np": np,
    "__name__": __name__,
}


@dataclass(frozen=True)
class Part:
    """One relation: its kind, its sides as text, and further arguments (``gap=...``)."""

    kind: str
    sides: tuple[str, ...]
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        listed = [*self.sides, *(f"{name}={value}" for name, value in self.more.items())]
        return f"{self.kind}({', '.join(listed)})"

    def over(self, change: Callable[[str], str]) -> Part:
        """The same relation with every formula changed (``sharp=True`` stays)."""
        more = {k: v if v in ("True", "False") else change(v) for k, v in self.more.items()}
        return Part(self.kind, tuple(change(side) for side in self.sides), more)


@dataclass(frozen=True)
class Draft:
    """A statement in the making.

    truth:    is it true at every size, for every input of the domains as named, wherever all
              sides are defined?
    provable: if true, can it be proved in principle by what the judge says it can do?
    false_at: the sizes at which it is false, as a condition on their names
    on_box:   is it true on its box?
    words:    further words that are no mistake for this statement
    """

    parts: tuple[Part, ...]
    given: Mapping[str, str]
    sizes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    truth: bool = True
    provable: bool = True
    false_at: str = "True"
    box: str = "None"
    on_box: bool = False
    words: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The call that judges it."""
        return f"examine({', '.join([self.body_text, *self.settings()])})"

    @property
    def body_text(self) -> str:
        parts = ", ".join(part.text for part in self.parts)
        return f"lambda {', '.join(['xp', *self.given])}: " + (
            f"({parts})" if len(self.parts) > 1 else parts
        )

    def settings(self) -> list[str]:
        listed = [f"{name}={domain}" for name, domain in self.given.items()]
        if self.sizes:
            listed.append(f"sizes={ {k: list(v) for k, v in self.sizes.items()} }")
        if self.box != "None":
            listed.append(f"box={self.box}")
        return listed

    def but(self, **changes: Any) -> Draft:
        return replace(self, **changes)

    def renamed(self, names: Mapping[str, str]) -> Draft:
        """Other names for some inputs."""
        swap = lambda text: re.sub(
            r"(?<![\w.\"])(\w+)\b(?!\"|=[^=])", lambda m: names.get(m[1], m[1]), text
        )
        parts = tuple(part.over(swap) for part in self.parts)
        return self.but(parts=parts, given={names.get(k, k): v for k, v in self.given.items()})

    def resized(self, names: Mapping[str, str]) -> Draft:
        """Other names for some sizes."""
        swap = lambda text: re.sub(r'"(\w+)"', lambda m: f'"{names.get(m[1], m[1])}"', text)
        condition = re.sub(r"\b(\w+)\b", lambda m: names.get(m[1], m[1]), self.false_at)
        return self.but(
            given={k: swap(v) for k, v in self.given.items()},
            sizes={names.get(k, k): v for k, v in self.sizes.items()},
            false_at=condition,
        )


@dataclass(frozen=True)
class Case:
    """A statement with known truth, ready to be judged."""

    family: str
    seed: int
    draft: Draft

    @property
    def label(self) -> str:
        return self.draft.text

    @property
    def truth(self) -> bool:
        return self.draft.truth

    @property
    def provable(self) -> bool:
        return self.draft.provable

    @property
    def body(self) -> Callable[..., Any]:
        return eval(self.draft.body_text, dict(NAMES))

    @property
    def given(self) -> dict[str, domains.Domain]:
        return {name: eval(text, dict(NAMES)) for name, text in self.draft.given.items()}

    @property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        return dict(self.draft.sizes)

    @property
    def box(self) -> dict[str, Any] | None:
        return eval(self.draft.box, {})

    def false_at(self, sizes: Mapping[str, int]) -> bool:
        """Is it false at these sizes?"""
        return not self.truth and bool(eval(self.draft.false_at, {"__builtins__": {}}, dict(sizes)))


Family = Callable[[random.Random], Draft]
FAMILIES: dict[str, Family] = {}


def family(made: Family) -> Family:
    """Register a family under the name of its function."""
    FAMILIES[made.__name__.replace("_", "-")] = made
    return made


def make(name: str, seed: int) -> Case:
    """The member of a family with a number: always the same."""
    return Case(name, seed, FAMILIES[name](random.Random(f"{name}/{seed}")))
