"""What a body returns: a relation between two sides, to be confirmed or refuted.

A body may return one relation or a tuple of them; the statement is then their conjunction.
Relations hold values of whatever arithmetic ran the body; none of them knows a tolerance.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from fieldcheck.arithmetic.array import Value
    from fieldcheck.arithmetic.base import Arithmetic


FALSE_ALARMS = (1e-9, 1e-3)
"""Rates that a law may ask for: nobody widens an interval at will."""

ANALYTIC = ("exact", "enclosed", "ladder")
"""What lets an equality stand: a float search never does."""


@dataclass(frozen=True)
class Sides:
    """Two sides of one pointwise statement: equal, or left at most right."""

    left: Value
    right: Value
    order: bool = False  # True: left <= right
    gap: Value | None = None  # for an order: right - left, written as a sum of nonnegative terms
    sharp: bool = False
    exempt: bool = False  # a side that is constant by design (Zero)

    @property
    def room(self) -> Any:
        """What shows the sign of right - left: the stated gap, or the difference itself."""
        return self.right - self.left if self.gap is None else self.gap


class Relation:
    """Base of the relations; each says itself what it takes to confirm or refute it.

    pointwise:    it compares two values at a point, and so must also have survived the search
    confirmed_by: grades of evidence strong enough to let it stand
    certifiable:  a false one has a certificate; else numerical evidence is all there can be
    """

    name: ClassVar[str]
    pointwise: ClassVar[bool] = False
    confirmed_by: ClassVar[tuple[str, ...]] = ("exact",)
    certifiable: ClassVar[bool] = True

    def direction(self) -> tuple[int, ...] | None:
        """Shape of the direction a weak form is tested in, if any."""
        return None

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        """Both sides, for the relations that compare two values at a point."""
        raise TypeError(f"{self.name} has no two sides at a point")

    direction_is_complex: ClassVar[bool] = False


def _same_shape(xp: Arithmetic, force: Any, at: Any) -> None:
    """A derivative is laid out like its argument; a sum over both would hide that it is not."""
    got, wanted = xp.lift(force).shape, at.shape
    plain = lambda shape: [getattr(n, "atoms", n) for n in shape]  # a length with names, by them
    if plain(got) != plain(wanted):
        raise TypeError(f"the force has shape {got}, its argument has {wanted}")


def _sides_fit(left: Any, right: Any) -> None:
    """Sides of shapes that cannot be compared are a slip, which is named as such."""
    a, b = (getattr(side, "shape", ()) for side in (left, right))
    lengths = zip(a[::-1], b[::-1], strict=False)
    if any(
        isinstance(m, int) and isinstance(n, int) and m != n and 1 not in (m, n) for m, n in lengths
    ):
        shapes = (" x ".join(map(str, shape)) for shape in (a, b))
        raise ValueError("the left side is {} and the right side {}".format(*shapes))


@dataclass(frozen=True)
class Equal(Relation):
    """left = right, entry by entry."""

    left: Any
    right: Any
    name: ClassVar[str] = "Equal"
    pointwise: ClassVar[bool] = True
    confirmed_by: ClassVar[tuple[str, ...]] = ANALYTIC

    def __post_init__(self) -> None:
        _sides_fit(self.left, self.right)

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        return Sides(xp.lift(self.left), xp.lift(self.right))


@dataclass(frozen=True)
class Zero(Relation):
    """value = 0, entry by entry."""

    value: Any
    name: ClassVar[str] = "Zero"
    pointwise: ClassVar[bool] = True
    confirmed_by: ClassVar[tuple[str, ...]] = ANALYTIC

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        value = xp.lift(self.value)
        return Sides(value, value * 0, exempt=True)


@dataclass(frozen=True)
class Force(Relation):
    """∂V/∂X* = F, the Wirtinger derivative with X and X* independent.

    Tested in the weak form Tr(H* F) for a random direction H: the same identity, one degree more.
    """

    potential: Callable[[Any], Any]
    at: Any
    force: Any
    name: ClassVar[str] = "Force"
    pointwise: ClassVar[bool] = True
    confirmed_by: ClassVar[tuple[str, ...]] = ANALYTIC
    direction_is_complex: ClassVar[bool] = True

    def direction(self) -> tuple[int, ...]:
        return self.at.shape

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        _same_shape(xp, self.force, self.at)
        left = xp.pull_star(self.potential, self.at, direction)
        return Sides(left, xp.sum(xp.conj(direction) * self.force))


@dataclass(frozen=True)
class Gradient(Relation):
    """∇V = F for real x in the Euclidean metric, in the weak form ⟨h, F⟩ for a real direction h."""

    potential: Callable[[Any], Any]
    at: Any
    force: Any
    name: ClassVar[str] = "Gradient"
    pointwise: ClassVar[bool] = True
    confirmed_by: ClassVar[tuple[str, ...]] = ANALYTIC

    def direction(self) -> tuple[int, ...]:
        return self.at.shape

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        _same_shape(xp, self.force, self.at)
        if not xp.may_be_real(self.at):
            raise TypeError(
                "a Gradient is taken at a real x, and this one is complex: write Force for the "
                "derivative in X*, or Gradients in xp.real(x) and xp.imag(x)"
            )
        left = xp.push(self.potential, self.at, direction)
        return Sides(left, xp.sum(direction * self.force))


@dataclass(frozen=True)
class AtMost(Relation):
    """left <= right for real values.

    ``gap`` is optional: the difference right - left written with squares (``abs2``), relus,
    exponentials and products of such, so that its sign is visible.  Then the statement is proved
    as an identity.  ``sharp`` asks for a threshold that tightens the bound, whatever room there is;
    that equality is attained is a statement of its own, and is not judged here.
    """

    left: Any
    right: Any
    gap: Any = None
    sharp: bool = False
    name: ClassVar[str] = "AtMost"
    pointwise: ClassVar[bool] = True
    confirmed_by: ClassVar[tuple[str, ...]] = (*ANALYTIC, "sampled")

    def __post_init__(self) -> None:
        _sides_fit(self.left, self.right)

    def sides(self, xp: Arithmetic, direction: Any) -> Sides:
        gap = None if self.gap is None else xp.lift(self.gap)
        return Sides(xp.lift(self.left), xp.lift(self.right), order=True, gap=gap, sharp=self.sharp)


def at_most(left: Any, right: Any, *, room: Any, sharp: bool = False) -> tuple[AtMost, Equal]:
    """left <= right, and how much room there is between them: right - left = room.

    The room is the proof of the inequality (its ``gap``); as a part of its own it is also held to
    be right, so that a slip which leaves a weaker inequality true is refuted all the same.
    """
    return AtMost(left, right, gap=room, sharp=sharp), Equal(right - left, room)


@dataclass(frozen=True)
class Rate(Relation):
    """n^order remainder(n) tends to c(X) for every input X as n grows (the step is h = 1/n), and c
    is not zero for all of them.

    ``remainder`` takes the integer n and returns a real value of the arithmetic, of either sign;
    one that is always zero has no rate.  Where it takes a value for n as well (n enters through
    1/n only), its expansion proves or refutes the rate; one that needs the integer (for steps, or
    as an exponent) is fitted.
    ``constant`` is optional; where given, it is c.  ``start`` is the first n that is looked at.
    """

    remainder: Callable[[int], Any]
    order: int
    constant: Any = None
    start: int = 8
    name: ClassVar[str] = "Rate"
    confirmed_by: ClassVar[tuple[str, ...]] = ("series", "rate")
    certifiable: ClassVar[bool] = False


@dataclass(frozen=True)
class Rank(Relation):
    """The generic rank of a matrix is ``rank``, an integer known from the sizes.

    Every larger minor vanishes for all inputs, and some minor of that size does not vanish for all:
    at special inputs the rank may be smaller.  Of a domain of several pieces (orthogonal matrices
    of either determinant) this is said of each piece.
    """

    matrix: Any
    rank: int
    name: ClassVar[str] = "Rank"


@dataclass(frozen=True)
class Law(Relation):
    """The law of what is drawn, in numpy: ``draw(rng, n)`` returns n independent samples.

    What is stated of a sample: its ``mean``, its ``variance``, the ``share`` of samples that are
    true, or its distribution function ``cdf`` (of an array); one of them or several.  How many are
    drawn, and how far from what is stated they may come out, follows from the statement and the
    ``false_alarm`` rate: the chance that one run speaks against a law that holds.

        Law(lambda rng, n: rng.standard_normal(n), mean=0, variance=1)
    """

    draw: Callable[[Any, int], Any]
    interval: Any = None  # there is none to give: a body of the old kind is told so
    _: KW_ONLY
    mean: Any = None
    variance: Any = None
    share: Any = None
    cdf: Callable[[Any], Any] | None = None
    false_alarm: float = 1e-6
    name: ClassVar[str] = "Law"
    confirmed_by: ClassVar[tuple[str, ...]] = ("law",)
    certifiable: ClassVar[bool] = False

    def __post_init__(self) -> None:
        if self.interval is not None or not self.stated():
            raise TypeError(
                "a Law draws samples and states their law, and the interval is the machine's: "
                "write Law(lambda rng, n: ..., mean=...), where the function returns n samples, "
                "with one of mean, variance, share, cdf (or several)"
            )
        if not FALSE_ALARMS[0] <= self.false_alarm <= FALSE_ALARMS[1]:
            low, high = FALSE_ALARMS
            raise ValueError(f"false_alarm is {self.false_alarm:g}, not in [{low:g}, {high:g}]")

    def stated(self) -> dict[str, Any]:
        """What is stated, by kind."""
        kinds = ("mean", "variance", "share", "cdf")
        return {kind: getattr(self, kind) for kind in kinds if getattr(self, kind) is not None}


@dataclass(frozen=True)
class Piece:
    """A set of inputs: all its conditions hold. Each is a tuple of real values of the body."""

    zero: tuple[Any, ...] = ()
    nonzero: tuple[Any, ...] = ()
    positive: tuple[Any, ...] = ()
    nonnegative: tuple[Any, ...] = ()

    def conditions(self) -> tuple[tuple[str, tuple[Any, ...]], ...]:
        """The kinds of condition and their values."""
        return (
            ("zero", self.zero),
            ("nonzero", self.nonzero),
            ("positive", self.positive),
            ("nonnegative", self.nonnegative),
        )


@dataclass(frozen=True)
class Solutions(Relation):
    """The inputs that satisfy ``system`` are exactly those in the union of the claimed pieces.

    A statement about all inputs: each satisfies the system if and only if it is claimed.
    """

    system: Piece
    claimed: tuple[Piece, ...]
    name: ClassVar[str] = "Solutions"


def parts_of(outcome: Any) -> tuple[Relation, ...]:
    """The relations a body returned, as a tuple; anything else is refused."""
    relations = outcome if isinstance(outcome, tuple) else (outcome,)
    if not relations or not all(isinstance(r, Relation) for r in relations):
        raise TypeError(
            f"a body must return a relation or a tuple of relations, not {type(outcome).__name__}"
        )
    return relations
