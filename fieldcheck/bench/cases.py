"""What is measured: each case builds its inputs and the implementations that compete on them.

An implementation is a call without arguments.  A case also tells how many operations the work
needs, how many bytes must move, and how much memory each implementation will take: the last so
that the bench can refuse before the system does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F
from torch import Tensor

from fieldcheck import ops
from fieldcheck.ops import reference

from . import peers
from .records import Size

OURS = "fieldcheck"
#: Names of implementations that are ceilings of the machine, not peers.
COPY, MATMUL = "copy", "matmul peak"


@dataclass
class Contest:
    """One set of inputs, and those who compete on it."""

    calls: dict[str, Callable[[], object]]
    #: Memory that each call takes beyond its inputs, in bytes, as far as it can be told beforehand.
    needs: dict[str, float] = field(default_factory=dict)
    operations: float | None = None
    bytes: float | None = None
    #: Operations of the matrix product, and bytes moved by the copy, that stand for what the
    #: machine can do, if they compete.
    ceiling_operations: float | None = None
    ceiling_bytes: float | None = None
    #: Peers that could not take part, and why.
    absent: dict[str, str] = field(default_factory=dict)

    def keep(self, *names: str) -> None:
        """Let only these compete: at this size the others would take minutes."""
        self.calls = {name: call for name, call in self.calls.items() if name in names}


@dataclass(frozen=True)
class Case:
    """An operation in a mode, over a list of sizes."""

    op: str
    mode: str
    sizes: tuple[Size, ...]
    toy: tuple[Size, ...]
    build: Callable[[Size, torch.device, bool], Contest]
    dtype: str = "float32"
    #: Whether time to allocate is to be left out: for sweeps over memory page faults hide the rest.
    keeps_memory: bool = False


def _draw(
    device: torch.device, *shape: int, dtype: torch.dtype = torch.float32, seed: int = 0
) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=dtype).to(device)


# -------------------------------------------------------------------------------------- free energy

HEADS, HEAD = 4, 64


def _tokens(size: Size, device: torch.device) -> tuple[Tensor, Tensor]:
    shape = (1, size["H"], size["N"], size["d"])
    return _draw(device, *shape, seed=0), _draw(device, *shape, seed=1)


def _attention_sizes(*ns: int) -> tuple[Size, ...]:
    return tuple({"N": n, "H": HEADS, "d": HEAD} for n in ns)


TOY_ATTENTION = ({"N": 48, "H": 2, "d": 8}, {"N": 64, "H": 2, "d": 8}, {"N": 96, "H": 2, "d": 8})


def _free_energy_force(size: Size, device: torch.device, with_peers: bool) -> Contest:
    q, k = _tokens(size, device)
    n, h, d = size["N"], size["H"], size["d"]
    scale = d**-0.5

    def null_key() -> Tensor:
        """The log-sum-exp from public attention: a null key, value 1 in its own column."""
        zero = k.new_zeros(1, h, 1, d)
        keys = torch.cat((k, zero), -2)
        values = F.pad(keys, (0, 1))
        values[..., -1, -1] = 1
        # the head sizes of keys and values must agree for the fused kernel
        out = F.scaled_dot_product_attention(
            F.pad(q, (0, 1)), F.pad(keys, (0, 1)), values, scale=scale
        )
        t = out[..., -1]
        return torch.log1p(-t) - torch.log(t)

    def chunked() -> object:
        with ops.attention_road("chunked"):
            return ops.free_energy(q, k)

    linear, square = 4.0 * n * h * d, 4.0 * h * n * n
    contest = Contest(
        {
            OURS: lambda: ops.free_energy(q, k),
            "sdpa": lambda: F.scaled_dot_product_attention(q, k, k),
            "naive": lambda: reference.free_energy(q, k),
        },
        {OURS: 2 * linear, "sdpa": 2 * linear, "naive": 3 * square},
        operations=4.0 * h * n * n * d,
        bytes=3 * linear,
    )
    _matmul_peak(contest, device, n)
    if n <= 8192:
        contest.calls["chunked"] = chunked
        contest.calls["null key"] = null_key
        contest.needs["null key"] = 8 * linear
    if with_peers and n <= 8192:
        peers.add(contest, "Hopfield layer", lambda: peers.hopfield(q, k, scale))
        contest.needs["Hopfield layer"] = 3 * square
    if with_peers and n <= 2048:
        peers.add(contest, "pykeops", lambda: peers.keops_free_energy(q, k, scale))
    if n > 16384:
        contest.keep(OURS, MATMUL)
    return contest


def _free_energy_head(size: Size, device: torch.device, with_peers: bool) -> Contest:
    contest = _free_energy_force(size, device, False)
    contest.keep(OURS, "sdpa", MATMUL)
    return contest


def _free_energy_both(size: Size, device: torch.device, with_peers: bool) -> Contest:
    q, k = _tokens(size, device)
    n, h, d = size["N"], size["H"], size["d"]
    scale = d**-0.5
    q_leaf, k_leaf, v_leaf = (x.clone().requires_grad_() for x in (q, k, k))
    ones = torch.ones_like(q)

    def sdpa() -> object:
        out = F.scaled_dot_product_attention(q_leaf, k_leaf, v_leaf)
        return torch.autograd.grad(out, (q_leaf, k_leaf, v_leaf), ones)

    def autograd() -> object:
        energy = ops.free_energy(q_leaf, k_leaf).energy.sum()
        return torch.autograd.grad(energy, (q_leaf, k_leaf))

    def naive_autograd() -> object:
        energy = torch.logsumexp(scale * (q_leaf @ k_leaf.mT), -1).sum() / scale
        return torch.autograd.grad(energy, (q_leaf, k_leaf))

    linear, square = 4.0 * n * h * d, 4.0 * h * n * n
    contest = Contest(
        {
            OURS: lambda: ops.free_energy(q, k, key_force=True),
            "fieldcheck autograd": autograd,
            "sdpa forward+backward": sdpa,
            "naive": lambda: reference.free_energy(q, k, key_force=True),
            "naive autograd": naive_autograd,
        },
        {OURS: 8 * linear, "fieldcheck autograd": 8 * linear, "sdpa forward+backward": 8 * linear,
         "naive": 3 * square, "naive autograd": 4 * square},
        operations=8.0 * h * n * n * d,
        bytes=6 * linear,
    )  # fmt: skip
    _matmul_peak(contest, device, n)
    if n > 8192:
        contest.keep(OURS, MATMUL, "sdpa forward+backward", "naive")
    if n > 16384:
        contest.keep(OURS, MATMUL)
    return contest


def _free_energy_hvp(size: Size, device: torch.device, with_peers: bool) -> Contest:
    q, k = _tokens(size, device)
    n, h, d = size["N"], size["H"], size["d"]
    scale = d**-0.5
    u = _draw(device, *q.shape, seed=2)
    q_leaf = q.clone().requires_grad_()

    def ours() -> object:
        return torch.autograd.grad(ops.free_energy(q_leaf, k).force, q_leaf, u)

    def naive() -> object:
        p = torch.softmax(scale * (q_leaf @ k.mT), -1)
        return torch.autograd.grad(p @ k, q_leaf, u)

    linear, square = 4.0 * n * h * d, 4.0 * h * n * n
    contest = Contest(
        {OURS: ours, "naive": naive},
        {OURS: 8 * linear, "naive": 5 * square},
        operations=14.0 * h * n * n * d,
        bytes=5 * linear,
    )
    _matmul_peak(contest, device, n)
    if n > 4096:
        contest.keep(OURS, MATMUL)
    return contest


def _free_energy_causal(size: Size, device: torch.device, with_peers: bool) -> Contest:
    q, k = _tokens(size, device)
    n, h, d = size["N"], size["H"], size["d"]
    linear = 4.0 * n * h * d
    contest = Contest(
        {
            OURS: lambda: ops.free_energy(q, k, mask=ops.Causal(), key_force=True),
            "sdpa, force alone": lambda: F.scaled_dot_product_attention(q, k, k, is_causal=True),
            "naive": lambda: reference.free_energy(q, k, mask=ops.Causal(), key_force=True),
        },
        {OURS: 10 * linear, "naive": 16.0 * h * n * n},
        operations=4.0 * h * n * n * d,
        bytes=6 * linear,
    )
    _matmul_peak(contest, device, n)
    if n > 4096:
        contest.keep(OURS, MATMUL)
    return contest


def _free_energy_band(size: Size, device: torch.device, with_peers: bool) -> Contest:
    q, k = _tokens(size, device)
    n, h, d, w = size["N"], size["H"], size["d"], size["width"]
    linear = 4.0 * n * h * d
    contest = Contest(
        {OURS: lambda: ops.free_energy(q, k, mask=ops.Band(w), key_force=True)},
        {OURS: 8 * linear},
        operations=8.0 * h * n * (2 * w + 1) * d,
        bytes=6 * linear,
    )
    _matmul_peak(contest, device, n)
    if n <= 4096:
        full = reference.allowed(ops.Band(w), n, n, device)
        contest.calls["sdpa with a table, force alone"] = lambda: F.scaled_dot_product_attention(
            q, k, k, attn_mask=full
        )
        contest.needs["sdpa with a table, force alone"] = 4.0 * n * n
    return contest


# ------------------------------------------------------------------------------------------ quartic

PEAK = 1024


def _matmul_peak(contest: Contest, device: torch.device, rows: int) -> None:
    """The matrix product that stands for the machine's peak; a small one beside toys."""
    n = 64 if rows < 256 else PEAK
    a, b = _draw(device, n, n, seed=8), _draw(device, n, n, seed=9)
    contest.calls[MATMUL] = lambda: a @ b
    contest.ceiling_operations = 2.0 * n**3


def _copy(contest: Contest, x: Tensor) -> None:
    """The copy that stands for the machine's memory."""
    contest.calls[COPY] = lambda: x.clone()
    contest.ceiling_bytes = 2.0 * x.numel() * x.element_size()


def _quartic_sizes(*pairs: tuple[int, int]) -> tuple[Size, ...]:
    return tuple({"N": n, "C": c, "H": 4, "r": c // 4} for n, c in pairs)


def _quartic(size: Size, device: torch.device, with_peers: bool) -> Contest:
    n, c, h, r = size["N"], size["C"], size["H"], size["r"]
    kind = torch.complex64
    x = _draw(device, n, c, dtype=kind)
    factors = [_draw(device, h, c, r, dtype=kind, seed=i) / c for i in range(1, 5)]
    # 8 real operations to a complex multiply-add: down, up, M times 2 H factors, the inner
    # products of each head, and the product of the factors back to C x C.
    small = 8.0 * (2 * c * c * h * r + 2 * h * (2 * c * r * r) + 2 * c * c * h * r)
    contest = Contest(
        {OURS: lambda: ops.quartic(x, *factors)},
        {OURS: 16.0 * n * c},
        operations=16.0 * n * c * c + small,
        bytes=8.0 * 3 * n * c,
    )
    _matmul_peak(contest, device, n)
    if n <= 4096 and c == 64:
        contest.calls["N x N order"] = lambda: reference.quartic(x, *factors)
        contest.needs["N x N order"] = 8.0 * 4 * n * n
        contest.calls["einsum"] = lambda: _quartic_einsum(x, *factors)
        contest.needs["einsum"] = 8.0 * 8 * h * n * c
        leaf = x.clone().requires_grad_()
        contest.calls["autograd"] = lambda: torch.autograd.grad(
            _quartic_energy(leaf, *factors), leaf
        )
    return contest


def _quartic_energy(x: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor) -> Tensor:
    """Re V the way one writes it: the moment, then the trace; its force by autograd."""
    m = x.mH @ x
    return ((k.mH @ m @ v) * (o.mH @ m @ q).mT).sum().real


def _quartic_einsum(x: Tensor, q: Tensor, k: Tensor, v: Tensor, o: Tensor) -> Tensor:
    """One sentence of indices, the order left to torch."""
    one = torch.einsum("na,har,hbr,mb,mc,hcs,hds->nd", x, q, k.conj(), x.conj(), x, v, o.conj())
    two = torch.einsum("na,har,hbr,mb,mc,hcs,hds->nd", x, v, o.conj(), x.conj(), x, q, k.conj())
    return one + two


# -------------------------------------------------------------------------------- conic activations


def _conic_sizes() -> tuple[Size, ...]:
    return tuple({"rows": 16384, "C": 512, "S": s} for s in (4, 8, 32))


TOY_CONIC = (
    {"rows": 6, "C": 32, "S": 4},
    {"rows": 6, "C": 32, "S": 8},
    {"rows": 6, "C": 32, "S": 32},
)
CONIC = ("colu", "rcolu", "soc_projection")


def _conic_forward(name: str) -> Callable[[Size, torch.device, bool], Contest]:
    fast = getattr(ops, name)

    def build(size: Size, device: torch.device, with_peers: bool) -> Contest:
        x, s = _draw(device, size["rows"], size["C"]), size["S"]
        contest = Contest(
            {
                OURS: lambda: fast(x, s),
                "relu": lambda: torch.relu(x),
                "eager torch": lambda: peers.TEXTBOOK[name](x, s),
            },
            operations=6.0 * x.numel(),
            bytes=8.0 * x.numel(),
        )
        _copy(contest, x)
        if with_peers:
            peers.add(contest, "torch.compile", lambda: peers.compiled(peers.TEXTBOOK[name], x, s))
            peers.add(contest, "jax", lambda: peers.jax_conic(name, x, s))
        return contest

    return build


def _conic_both(name: str) -> Callable[[Size, torch.device, bool], Contest]:
    fast = getattr(ops, name)

    def build(size: Size, device: torch.device, with_peers: bool) -> Contest:
        x, s = _draw(device, size["rows"], size["C"]).requires_grad_(), size["S"]
        g = _draw(device, size["rows"], size["C"], seed=1)

        def both(f: Callable[[Tensor], Tensor]) -> Callable[[], object]:
            return lambda: torch.autograd.grad(f(x), x, g)

        contest = Contest(
            {
                OURS: both(lambda x: fast(x, s)),
                "relu": both(torch.relu),
                "eager torch": both(lambda x: peers.TEXTBOOK[name](x, s)),
            },
            operations=16.0 * x.numel(),
            bytes=20.0 * x.numel(),
        )
        _copy(contest, g)
        if with_peers:
            peers.add(
                contest,
                "torch.compile",
                lambda: peers.compiled_gradient(peers.TEXTBOOK[name], x, s, g),
            )
            peers.add(contest, "jax", lambda: peers.jax_conic(name, x, s, g))
        return contest

    return build


def _cone_by_solver(size: Size, device: torch.device, with_peers: bool) -> Contest:
    x = _draw(device, size["groups"], size["S"], dtype=torch.float64)
    contest = Contest({OURS: lambda: ops.soc_projection(x, size["S"])})
    peers.add(contest, "clarabel", lambda: peers.clarabel_projection(x))
    if with_peers:
        peers.add(contest, "cvxpylayers", lambda: peers.cvxpy_projection(x))
    return contest


# ------------------------------------------------------------------------------- gibbs, gated units


def _gibbs(size: Size, device: torch.device, with_peers: bool) -> Contest:
    e = _draw(device, size["rows"], size["states"])
    contest = Contest(
        {
            OURS: lambda: ops.gibbs(e, 0.7),
            # as one writes it, and with one sweep fewer
            "torch.softmax of -E/tau": lambda: torch.softmax(-e / 0.7, -1),
            "torch.softmax of c E": lambda: torch.softmax((-1 / 0.7) * e, -1),
            "torch.softmax, no temperature": lambda: torch.softmax(e, -1),
        },
        operations=5.0 * e.numel(),
        bytes=8.0 * e.numel(),
    )
    _copy(contest, e)
    if with_peers:
        peers.add(contest, "sparsemax (entmax)", lambda: peers.sparsemax(e))
    return contest


def _glu(size: Size, device: torch.device, with_peers: bool) -> Contest:
    n, c, m = size["N"], size["C"], size["m"]
    x = _draw(device, n, c)
    weights = [_draw(device, c, m, seed=i) / c for i in (1, 2, 3)]
    leaf = x.clone().requires_grad_()

    def autograd() -> object:
        energy = (leaf @ weights[0] * (leaf @ weights[1]) * (leaf @ weights[2])).sum() / 3
        return torch.autograd.grad(energy, leaf)

    contest = Contest(
        {
            OURS: lambda: ops.glu_potential(x, *weights),
            "torch autograd of the potential": autograd,
            "product by product": lambda: reference.glu_potential(x, *weights),
        },
        operations=12.0 * n * c * m,
        bytes=8.0 * n * c + 4.0 * 7 * n * m,
    )
    _matmul_peak(contest, device, n)
    return contest


# ----------------------------------------------------------------------------------------- the list

K = 1024
BAND = {"width": 256}
TOY_BAND = {"width": 4}
CASES: tuple[Case, ...] = (
    Case(
        "free_energy",
        "force",
        _attention_sizes(K, 2 * K, 4 * K, 8 * K, 16 * K, 64 * K),
        TOY_ATTENTION,
        _free_energy_force,
    ),
    Case(
        "free_energy",
        "force by head size",
        tuple({"N": 2 * K, "H": HEADS, "d": d} for d in (32, 64, 128, 256)),
        tuple({"N": 64, "H": 2, "d": d} for d in (8, 16, 32)),
        _free_energy_head,
    ),
    Case(
        "free_energy",
        "both forces",
        _attention_sizes(K, 2 * K, 4 * K, 8 * K, 16 * K, 64 * K),
        TOY_ATTENTION,
        _free_energy_both,
    ),
    Case(
        "free_energy",
        "Hessian-vector",
        _attention_sizes(K, 2 * K, 4 * K, 64 * K),
        TOY_ATTENTION,
        _free_energy_hvp,
    ),
    Case(
        "free_energy",
        "causal, both forces",
        _attention_sizes(K, 2 * K, 4 * K, 64 * K),
        TOY_ATTENTION,
        _free_energy_causal,
    ),
    Case(
        "free_energy",
        "band, both forces",
        tuple(s | BAND for s in _attention_sizes(4 * K, 16 * K, 64 * K)),
        tuple(s | TOY_BAND for s in TOY_ATTENTION),
        _free_energy_band,
    ),
    Case(
        "quartic",
        "force",
        _quartic_sizes(
            *((n, 64) for n in (K, 4 * K, 16 * K, 64 * K)),
            *((4 * K, c) for c in (32, 128, 256, 512)),
            (16 * K, 256),
        ),
        _quartic_sizes((32, 8), (64, 8), (96, 8), (64, 16), (64, 32)),
        _quartic,
        "complex64",
    ),
    *(
        Case(op, "forward", _conic_sizes(), TOY_CONIC, _conic_forward(op), keeps_memory=True)
        for op in CONIC
    ),
    *(
        Case(op, "forward+backward", _conic_sizes(), TOY_CONIC, _conic_both(op), keeps_memory=True)
        for op in CONIC
    ),
    Case(
        "soc_projection",
        "against solvers",
        ({"groups": 256, "S": 4},),
        ({"groups": 2, "S": 4},),
        _cone_by_solver,
        "float64",
    ),
    Case(
        "gibbs",
        "forward",
        ({"rows": 16384, "states": 512},),
        ({"rows": 4, "states": 8},),
        _gibbs,
        keeps_memory=True,
    ),
    Case(
        "glu_potential",
        "force",
        ({"N": 4096, "C": 256, "m": 1024},),
        ({"N": 8, "C": 4, "m": 8},),
        _glu,
    ),
)


def operations() -> list[str]:
    """Names that ``--op`` takes."""
    return list(dict.fromkeys(case.op for case in CASES))
