"""Operations, cones and relations: a documented refusal, or the number of the plain form."""

from __future__ import annotations

import math
import warnings

import numpy as np
import torch
from hypothesis import strategies as st

from fieldcheck import ops
from fieldcheck.arithmetic.floating import Float
from fieldcheck.cones import CoLU, PositiveSemidefinite, RCoLU, SecondOrderCone, lorentz, oracle
from fieldcheck.ops import masks, reference
from fieldcheck.ops.support import SUPPORT
from tests.fuzz.target import Fault, Target, spoken

DTYPES = (torch.float64, torch.float64, torch.float32, torch.float16, torch.bfloat16,
          torch.complex128, torch.complex64, torch.int64, torch.bool)  # fmt: skip
TOLERANCE = {
    torch.float64: 1e-9, torch.complex128: 1e-9, torch.float32: 2e-4, torch.complex64: 2e-4,
    torch.float16: 2e-2, torch.bfloat16: 1e-1,
}  # fmt: skip
HALF = (torch.float16, torch.bfloat16)
SPECIAL = (math.nan, math.inf, -math.inf, 0.0, 1e-30, 1e30)
SHAPES = st.lists(st.integers(0, 5), max_size=4).map(tuple)


@st.composite
def tensors(draw, shape=SHAPES, dtype=None):
    """Small tensors of every kind, seldom no tensor at all."""
    if draw(st.integers(0, 40)) == 0:
        return draw(st.sampled_from([None, 1.5, "x", [1.0], torch.zeros(2).to_sparse()]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    size = draw(shape)
    dtype = dtype or draw(st.sampled_from(DTYPES))
    values = rng.standard_normal(size) * 2.0 ** draw(st.sampled_from([0, 0, 0, -6, 3]))
    x = torch.as_tensor(np.asarray(values))
    if dtype.is_complex:
        x = torch.complex(x, torch.as_tensor(np.asarray(rng.standard_normal(size))))
    x = x.to(dtype)
    if dtype.is_floating_point and x.numel() and draw(st.integers(0, 9)) == 0:
        x.reshape(-1)[draw(st.integers(0, x.numel() - 1))] = draw(st.sampled_from(SPECIAL))
    if x.ndim >= 2 and draw(st.integers(0, 4)) == 0:
        x = x.mT.contiguous().mT
    return x


SIZE = st.sampled_from([None, None, 1, 2, 3, 4, 0, -1, 2.5, "2"])
DIM = st.sampled_from([-1, -1, -1, 0, 1, 7, -9, None])
TRUTH = st.booleans()
FORM = st.sampled_from(["hard", "hard", "soft", "firm", "silu", "sqrt", "log", "none"])
POSITIVE = st.sampled_from([0.5, 1.0, 2, 1e-3, 1e3, 0, -1, math.nan, math.inf, "1", None])
CONIC = {
    "size": SIZE, "groups": SIZE, "dim": DIM, "form": FORM,
    "negative": st.sampled_from(["kept", "rectified", "lost"]),
    "eps": st.sampled_from([0.0, 0.0, 1e-3, -1.0, math.nan]),
}  # fmt: skip
PLANAR = {"planar": TRUTH, "shared": TRUTH}


def some(options: dict) -> st.SearchStrategy[dict]:
    """Some of these options."""
    return st.fixed_dictionaries({}, optional=options)


@st.composite
def pairs(draw, count, pattern):
    """Tensors whose shapes mostly fit: ``pattern`` names the axes of each, after leading ones."""
    size = {name: draw(st.integers(0 if draw(st.integers(0, 9)) == 0 else 1, 5))
            for name in sorted(set("".join(pattern)))}  # fmt: skip
    lead = draw(st.sampled_from([(), (), (2,), (2, 1), (0,)]))
    dtype = draw(st.sampled_from(DTYPES))
    made = []
    for axes in pattern:
        shape = tuple(size[a] for a in axes if a != "+")
        if "+" in axes:
            shape = (*lead, *shape)
        if draw(st.integers(0, 25)) == 0:
            shape = draw(SHAPES)
        other = draw(st.integers(0, 25)) == 0
        made.append(draw(tensors(st.just(shape), None if other else dtype)))
    return made


@st.composite
def masked(draw):
    q, k = draw(pairs(2, ("+nd", "+md")))
    width = draw(st.integers(-1, 4))
    options = draw(some({
        "scale": POSITIVE, "key_force": TRUTH, "empty": st.sampled_from(["error", "zero", "no"]),
        "key_mask": tensors(dtype=torch.bool),
    }))  # fmt: skip
    kind = draw(st.sampled_from(["", "", "causal", "band", "blocks", "table", "added"]))
    return q, k, kind, width, options, draw(st.integers(0, 2**32))


def _mask(kind, width, q, k, seed):
    if kind in ("table", "added"):
        rng = np.random.default_rng(seed)
        n, m = (x.shape[-2] if isinstance(x, torch.Tensor) and x.ndim > 1 else 2 for x in (q, k))
        if kind == "added":
            return torch.as_tensor(rng.standard_normal((n, m)))
        return torch.as_tensor(rng.random((n, m)) < 0.6)
    make = {"": lambda w: None, "causal": lambda w: masks.Causal(), "band": masks.Band,
            "blocks": masks.Blocks}[kind]  # fmt: skip
    return make(width)


def _same(name, found, plain, tolerance) -> None:
    found, plain = (x if isinstance(x, tuple) else (x,) for x in (found, plain))
    for a, b in zip(found, plain, strict=True):
        if a is None and b is None:
            continue
        if a.shape != b.shape:
            raise Fault(f"{name}: shape {a.shape}, and the plain form {b.shape}")
        largest = min(1e6, torch.finfo(a.dtype).max / 2)
        tolerance, a = max(tolerance, TOLERANCE[a.dtype]), a.to(b.dtype)
        fits = b.isfinite() & (b.abs() < largest)  # beyond, the two may differ as documented
        size = float(b[fits].abs().max()) if fits.any() else 0.0
        if not torch.allclose(a[fits], b[fits], rtol=tolerance, atol=tolerance * (1 + size)):
            worst = float((a[fits] - b[fits]).abs().max())
            raise Fault(f"{name}: differs from the plain form by {worst:.3g}")


def _compare(name, *args, **options) -> None:
    try:
        found = getattr(ops, name)(*args, **options)
    except Exception as fault:
        tensors_given = [x for x in args if isinstance(x, torch.Tensor)]
        if name == "psd_projection" and isinstance(fault, torch.linalg.LinAlgError):
            if all(x.isfinite().all() for x in tensors_given):
                raise
            return
        spoken(fault, TypeError, ValueError)
        return
    if any(not x.isfinite().all() or x.abs().max() > 1e6 for x in args if x.numel()):
        return  # the table of the operations says what each does there
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wide = [x.float() if x.dtype in HALF else x for x in args]  # plain forms take no care
        tolerance = max(TOLERANCE[x.dtype] for x in args)
        _same(name, found, getattr(reference, name)(*wide, **options), tolerance)


def _free_energy(given) -> None:
    q, k, kind, width, options, seed = given
    try:
        mask = _mask(kind, width, q, k, seed)
    except ValueError as fault:
        return spoken(fault, ValueError)
    return _compare("free_energy", q, k, mask=mask, **options)


def _oracle(given) -> None:
    """Cones: the closed form against a convex solver that does not know it."""
    seed, size, degrees = given
    x = np.random.default_rng(seed).standard_normal(size)
    a = math.tan(math.radians(degrees))
    xp = Float()
    value = lambda v: xp.wrap(torch.as_tensor(v, dtype=torch.float64))
    formula = lorentz.project(xp, value(x), value(a)).data.numpy()
    if np.abs(oracle.second_order(x, a) - formula).max() > 1e-6:
        raise Fault("the closed form of the second-order cone is not the solver's")


def _module(given) -> None:
    make, args, options, x = given
    try:
        y = make(*args, **options)(x)
    except Exception as fault:
        return spoken(fault, TypeError, ValueError, torch.linalg.LinAlgError)
    if y.shape != x.shape or y.dtype != x.dtype:
        raise Fault(f"{make.__name__}: shape or dtype changed")
    return None


def _plain(name):
    return lambda given: _compare(name, given[0], **given[1])


def _several(name):
    return lambda given: _compare(name, *given)


MODULES = st.tuples(
    st.sampled_from([CoLU, RCoLU, SecondOrderCone, PositiveSemidefinite]),
    st.lists(SIZE, max_size=1), some({k: v for k, v in CONIC.items() if k != "size"}), tensors(),
)  # fmt: skip
GIBBS = some({"temperature": st.one_of(POSITIVE, tensors(st.just(()))), "dim": st.one_of(
    DIM, st.lists(st.integers(-3, 3), max_size=3).map(tuple))})  # fmt: skip

TARGETS = [
    Target("ops.colu", st.tuples(tensors(), some(CONIC | PLANAR)), _plain("colu"), 8),
    Target("ops.rcolu", st.tuples(tensors(), some(CONIC)), _plain("rcolu"), 6),
    Target("ops.soc_projection",
           st.tuples(tensors(), some({"size": SIZE, "groups": SIZE, "dim": DIM, "planar": TRUTH,
                                      "half_angle": POSITIVE})), _plain("soc_projection"), 6),
    Target("ops.psd_projection", st.tuples(tensors(), st.just({})), _plain("psd_projection"), 4),
    Target("ops.psd_projection, square", st.tuples(pairs(1, ("+nn",)).map(lambda p: p[0]),
                                                    st.just({})), _plain("psd_projection"), 3),
    Target("ops.gibbs", st.tuples(tensors(), GIBBS), _plain("gibbs"), 6),
    Target("ops.gibbs_free_energy", st.tuples(tensors(), GIBBS), _plain("gibbs_free_energy"), 5),
    Target("ops.free_energy", masked(), _free_energy, 9),
    Target("ops.quartic", pairs(5, ("+nc", "hcr", "hcr", "hcr", "hcr")), _several("quartic"), 5),
    Target("ops.glu_potential", pairs(4, ("+c", "cm", "cm", "cm")), _several("glu_potential"), 5),
    Target("cones, layers", MODULES, _module, 5),
    Target("cones, a solver", st.tuples(st.integers(0, 2**32), st.integers(2, 5),
                                        st.integers(5, 85)), _oracle, 0.2),
]  # fmt: skip
assert {t.name.removeprefix("ops.").split(",")[0] for t in TARGETS} >= set(SUPPORT)
