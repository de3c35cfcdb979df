"""Other people's implementations, where they are installed (optional group ``bench``).

Each function returns a call that is ready to be timed, or raises :class:`Absent` with the reason.
Everything that a peer does once, such as compiling, happens before the call is returned.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from .cases import Contest

Call = Callable[[], object]
PACKAGES = ("torch", "numpy", "pykeops", "jax", "clarabel", "cvxpylayers", "entmax")


class Absent(Exception):
    """The peer is not installed, or does not run here."""


def _need(name: str) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module(name)
    except ImportError as error:
        raise Absent(f"{name.partition('.')[0]} is not installed") from error
    except Exception as error:  # a peer that breaks on import is absent too, for its own reason
        raise Absent(f"{name.partition('.')[0]} does not load: {error}") from error


def add(contest: Contest, name: str, make: Callable[[], Call]) -> None:
    """Let a peer compete, or note why it cannot."""
    try:
        contest.calls[name] = make()
    except Absent as reason:
        contest.absent[name] = str(reason)
    except Exception as error:
        contest.absent[name] = f"{type(error).__name__}: {str(error).splitlines()[0]}"


def keops_free_energy(q: Tensor, k: Tensor, scale: float) -> Call:
    """Log-sum-exp and force by KeOps reductions: two sweeps over symbolic scores."""
    torch_keops = _need("pykeops.torch")
    q3, k3 = q.flatten(0, 1), k.flatten(0, 1)
    rows = torch_keops.LazyTensor(q3[:, :, None, :].contiguous())
    keys = torch_keops.LazyTensor(k3[:, None, :, :].contiguous())

    def call() -> object:
        scores = scale * (rows * keys).sum(-1)
        return scores.logsumexp(dim=2), scores.sumsoftmaxweight(keys, dim=2)

    call()
    return call


class HopfieldLayer(torch.nn.Module):
    """The layer of modern Hopfield networks, written from its definition: no package holds it.

    States settle on stored patterns by the retrieval R <- softmax(beta R Y^T) Y; one update, and
    patterns as they are instead of projected, make it the force on the queries.
    """

    def __init__(self, beta: float, updates: int = 1) -> None:
        super().__init__()
        self.beta, self.updates = beta, updates

    def forward(self, states: Tensor, patterns: Tensor) -> Tensor:
        for _ in range(self.updates):
            association = torch.softmax(self.beta * (states @ patterns.mT), -1)
            states = association @ patterns
        return states


def hopfield(q: Tensor, k: Tensor, scale: float) -> Call:
    """One retrieval of every query from the keys."""
    layer = HopfieldLayer(scale)
    return lambda: layer(q, k)


def _textbook_colu(x: Tensor, size: int) -> Tensor:
    z = x.unflatten(-1, (-1, size))
    t, w = z[..., :1], z[..., 1:]
    c = (t / torch.linalg.vector_norm(w, dim=-1, keepdim=True)).clamp(0, 1)
    return torch.cat((t, c * w), -1).flatten(-2)


def _textbook_rcolu(x: Tensor, size: int) -> Tensor:
    z = x.unflatten(-1, (-1, size))
    mean = z.mean(-1, keepdim=True)
    w = z - mean
    c = (mean * size**0.5 / torch.linalg.vector_norm(w, dim=-1, keepdim=True)).clamp(0, 1)
    return (mean + c * w).flatten(-2)


def _textbook_cone(x: Tensor, size: int) -> Tensor:
    z = x.unflatten(-1, (-1, size))
    t, w = z[..., :1], z[..., 1:]
    r = torch.linalg.vector_norm(w, dim=-1, keepdim=True)
    s = torch.relu(t + r) / 2
    boundary = torch.cat((s, s * w / r), -1)
    return torch.where(r <= t, z, boundary).flatten(-2)


#: The conic maps as one writes them in a minute: no care for zero or huge groups.
TEXTBOOK: dict[str, Callable[[Tensor, int], Tensor]] = {
    "colu": _textbook_colu,
    "rcolu": _textbook_rcolu,
    "soc_projection": _textbook_cone,
}


def compiled(f: Callable[..., Tensor], x: Tensor, size: int) -> Call:
    """The plain form through torch.compile."""
    torch._dynamo.reset()
    fast = torch.compile(lambda x: f(x, size))
    fast(x)
    return lambda: fast(x)


def compiled_gradient(f: Callable[..., Tensor], x: Tensor, size: int, g: Tensor) -> Call:
    """The plain form and its derivative through torch.compile."""
    torch._dynamo.reset()
    fast = torch.compile(lambda x: f(x, size))
    call = lambda: torch.autograd.grad(fast(x), x, g)
    call()
    return call


def _here(x: Tensor, who: str) -> Tensor:
    """A tensor that a peer of the processor can read; another device's time is not its own."""
    if x.device.type != "cpu":
        raise Absent(f"{who} runs on the processor here, not on {x.device.type}")
    return x.detach()


def jax_conic(name: str, x: Tensor, size: int, g: Tensor | None = None) -> Call:
    """The definition, written in jax.numpy and compiled by XLA; with ``g`` its derivative too."""
    jax = _need("jax")
    jnp = _need("jax.numpy")
    data = jnp.asarray(_here(x, "jax").numpy())

    def colu(z: Any) -> Any:
        z = z.reshape(*z.shape[:-1], -1, size)
        t, w = z[..., :1], z[..., 1:]
        r = jnp.linalg.norm(w, axis=-1, keepdims=True)
        c = jnp.clip(t / jnp.where(r > 0, r, 1), 0, 1)
        return jnp.concatenate((t, c * w), -1).reshape(*z.shape[:-2], -1)

    def rcolu(z: Any) -> Any:
        z = z.reshape(*z.shape[:-1], -1, size)
        mean = z.mean(-1, keepdims=True)
        w = z - mean
        r = jnp.linalg.norm(w, axis=-1, keepdims=True)
        c = jnp.clip(mean * size**0.5 / jnp.where(r > 0, r, 1), 0, 1)
        return (mean + c * w).reshape(*z.shape[:-2], -1)

    def soc(z: Any) -> Any:
        z = z.reshape(*z.shape[:-1], -1, size)
        t, w = z[..., :1], z[..., 1:]
        r = jnp.linalg.norm(w, axis=-1, keepdims=True)
        s = jnp.maximum(t + r, 0) / 2
        edge = jnp.concatenate((s, s * w / jnp.where(r > 0, r, 1)), -1)
        return jnp.where(r <= t, z, edge).reshape(*z.shape[:-2], -1)

    f = {"colu": colu, "rcolu": rcolu, "soc_projection": soc}[name]
    if g is None:
        run = jax.jit(f)
    else:
        along = jnp.asarray(_here(g, "jax").numpy())
        run = jax.jit(lambda z: jax.vjp(f, z)[1](along)[0])
    run(data).block_until_ready()
    return lambda: run(data).block_until_ready()


def clarabel_projection(x: Tensor) -> Call:
    """Every group as a small conic program."""
    clarabel = _need("clarabel")
    sparse = _need("scipy.sparse")
    numpy = _need("numpy")
    n = x.shape[-1]
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    quadratic, minus = sparse.identity(n, format="csc"), -sparse.identity(n, format="csc")
    cone, zero = [clarabel.SecondOrderConeT(n)], numpy.zeros(n)
    points = _here(x, "clarabel").numpy()

    def call() -> object:
        return [
            clarabel.DefaultSolver(quadratic, -point, minus, zero, cone, settings).solve().x
            for point in points
        ]

    call()
    return call


def cvxpy_projection(x: Tensor) -> Call:
    """The same program as a differentiable layer."""
    cvxpy = _need("cvxpy")
    layers = _need("cvxpylayers.torch")
    x, n = _here(x, "cvxpylayers"), x.shape[-1]
    y, point = cvxpy.Variable(n), cvxpy.Parameter(n)
    nearest = cvxpy.Problem(cvxpy.Minimize(cvxpy.sum_squares(y - point)), [cvxpy.SOC(y[0], y[1:])])
    layer = layers.CvxpyLayer(nearest, parameters=[point], variables=[y])

    def call() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return layer(x)

    call()
    return call


def sparsemax(e: Tensor) -> Call:
    """Another map to the simplex, for scale."""
    entmax = _need("entmax")
    return lambda: entmax.sparsemax(-e / 0.7, -1)


def versions() -> dict[str, str | None]:
    """Installed versions of those who compete; None for the absent."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found
