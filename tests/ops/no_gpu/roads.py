"""The roads: operations forward, backward and under autocast, the operators' own bodies, and the
whole of ``fieldcheck bench --device cuda``."""

from __future__ import annotations

import contextlib
import functools
import io
import itertools
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode, unset_fake_temporarily
from torch.nn.attention.flex_attention import flex_attention
from typer.testing import CliRunner

from fieldcheck import cli, ops
from fieldcheck.bench import cases, memory, peers, records, run, worker
from fieldcheck.ops import _attend, _flex, _roads, _rows, conic, masks, psd
from fieldcheck.ops.masks import Causal

Road = Callable[[], None]
REAL, HALF = (torch.float32, torch.float64), (torch.bfloat16, torch.float16)
TOKENS = [(2, 3, 5, 8), (2, 3, 7, 8)]
CALLS: dict[str, tuple[list[tuple[int, ...]], Callable[..., Any]]] = {
    "colu": ([(3, 16)], lambda x: ops.colu(x, 4)),
    "colu rectified": ([(3, 16)], lambda x: ops.colu(x, 4, negative="rectified")),
    "rcolu": ([(3, 16)], lambda x: ops.rcolu(x, 4)),
    "soc_projection": ([(3, 16)], lambda x: ops.soc_projection(x, 4, half_angle=0.5)),
    "psd_projection": ([(3, 4, 4)], ops.psd_projection),
    "gibbs": ([(3, 5)], lambda e: ops.gibbs(e, 0.3)),
    "gibbs_free_energy": ([(3, 5)], lambda e: ops.gibbs_free_energy(e, 0.3, dim=(0, 1))),
    "free_energy": (TOKENS, lambda q, k: ops.free_energy(q, k)),
    "free_energy, both": (TOKENS, lambda q, k: ops.free_energy(q, k, key_force=True)),
    "free_energy, causal": (TOKENS, lambda q, k: ops.free_energy(q, k, mask=Causal())),
    "free_energy, groups": (
        [(2, 4, 5, 8), (2, 2, 7, 8)], lambda q, k: ops.free_energy(q, k, enable_gqa=True),
    ),
    "quartic": ([(5, 8), *[(2, 8, 2)] * 4], ops.quartic),
    "quartic, large": ([(1 << 15, 64), *[(64, 2)] * 4], ops.quartic),
    "glu_potential": ([(2, 5, 4), *[(4, 3)] * 3], ops.glu_potential),
}  # fmt: skip


def listed(found: Any) -> list[Tensor]:
    parts = (found,) if isinstance(found, Tensor) else found
    return [y for y in parts if y is not None]


def same(found: Any, right: Any) -> None:
    """Shape and dtype as they should be, and on the GPU."""
    for y, z in zip(listed(found), listed(right), strict=True):
        told = (tuple(y.shape), y.dtype, y.device.type)
        assert told == (tuple(z.shape), z.dtype, "cuda"), (told, z.shape, z.dtype)


def drawn(shapes: list[tuple[int, ...]], dtype: torch.dtype, device: str) -> list[Tensor]:
    draw = torch.Generator().manual_seed(0)
    return [torch.randn(s, generator=draw).to(device, dtype).requires_grad_() for s in shapes]


def slopes(f: Callable[..., Any], inputs: list[Tensor], again: bool = False) -> list[Tensor]:
    """The gradient of the sum of all that comes out; of that sum's gradient too, if asked."""
    total = sum(y.float().sum() for y in listed(f(*inputs)))
    found = list(torch.autograd.grad(total, inputs, create_graph=again))
    if not again:
        return found
    return list(torch.autograd.grad(sum(y.sum() for y in found), inputs, allow_unused=True))


# ------------------------------------------------------------------------------------ a seeming GPU


@contextlib.contextmanager
def seeming() -> Iterator[None]:
    """Tensors without content, and stand-ins for what has no shape: compilers, clocks, memory."""
    with contextlib.ExitStack() as stack:

        def put(where: Any, **names: Any) -> None:
            for name, it in names.items():
                stack.callback(setattr, where, name, getattr(where, name))
                setattr(where, name, it)

        put(_roads, _probe_flex=lambda device, dtype: "")
        put(_flex, _compiled=lambda *key: flex_attention)
        put(conic, _compiled=lambda f, *settings: f)
        put(_rows.RowMap, spans=_spans)
        put(worker, MOST_SETS=1)
        stack.callback(_flex._interval_block_mask.cache_clear)  # another time's are not of this
        put(
            torch.cuda, is_bf16_supported=lambda *_: True, synchronize=lambda: None, Event=Event,
            reset_peak_memory_stats=lambda: None, memory_allocated=lambda: 1 << 20,
            max_memory_allocated=lambda: 3 << 20, mem_get_info=lambda device: (1 << 36, 1 << 37),
            get_device_name=lambda device: "a GPU that only seems to be there",
            get_device_properties=lambda device: SimpleNamespace(total_memory=1 << 37),
        )  # fmt: skip
        stack.enter_context(torch.autograd.set_multithreading_enabled(False))
        stack.enter_context(FakeTensorMode())
        yield


class Event:
    """A clock's mark; a call takes two seconds, so that none is repeated."""

    def __init__(self, enable_timing: bool) -> None: ...
    def record(self) -> None: ...
    def elapsed_time(self, end: Event) -> float:
        return 2000.0


def _spans(self: _rows.RowMap, device: torch.device) -> Iterator[masks.Span]:
    """Where rows begin and end is a matter of numbers, which these tensors do not have."""
    with unset_fake_temporarily():
        bounds = None if self.mask is None else self.mask.bounds(self.n, self.m)
        cpu = torch.device("cpu")
        found = list(masks.spans(bounds, self.n, self.m, self.chunk, cpu))
        shapes = [None if s.allowed is None else s.allowed.shape for s in found]
    for span, shape in zip(found, shapes, strict=True):
        allowed = None if shape is None else torch.ones(shape, dtype=torch.bool, device=device)
        yield _rows.with_table(span._replace(allowed=allowed), self.table)


# ----------------------------------------------------------------------------------- the operations


def forward(name: str, dtype: torch.dtype) -> None:
    shapes, f = CALLS[name]
    right = f(*drawn(shapes, dtype, "cpu"))
    with seeming():
        same(f(*drawn(shapes, dtype, "cuda")), right)


def backward(name: str, dtype: torch.dtype) -> None:
    shapes, f = CALLS[name]
    slopes(f, drawn(shapes, dtype, "cpu"))
    with seeming():
        inputs = drawn(shapes, dtype, "cuda")
        same(slopes(f, inputs), inputs)


def twice(name: str) -> None:
    shapes, f = CALLS[name]
    with seeming():
        inputs = drawn(shapes, torch.float32, "cuda")
        found = slopes(f, inputs, again=True)
        same(found, [x for x, y in zip(inputs, found, strict=True) if y is not None])


def autocast(name: str, lower: torch.dtype) -> None:
    """It lowers no precision, forward or backward."""
    shapes, f = CALLS[name]
    right = f(*drawn(shapes, torch.float32, "cpu"))
    with seeming():
        inputs = drawn(shapes, torch.float32, "cuda")
        with available(), torch.autocast("cuda", dtype=lower):
            assert torch.is_autocast_enabled("cuda")
            same(f(*inputs), right)
            found = slopes(f, inputs)
        same(found, inputs)


def bodies(dtype: torch.dtype, mask: str, table: bool) -> None:
    """What an operator does on a device, beside what it tells a tracer that it does."""
    wide = torch.float32 if dtype in HALF else dtype
    with seeming():
        make = functools.partial(torch.zeros, device="cuda")
        q, k = make(2, 3, 5, 8, dtype=dtype), make(2, 3, 7, 8, dtype=dtype)
        x = make(3, 16, dtype=dtype)
        lse = make(2, 3, 5, dtype=wide)
        seen = make(1, 1, 5, 7, dtype=torch.bool) if table else None
        given = (seen, mask, 0.5)
        for op, args in (
            (_attend.attend, (q, k, *given, False)),
            (_attend.scatter, (q, k, lse, lse, *given)),
            (_attend.attend_vjp, (q, k, q, lse, q, lse, *given)),
            (_attend.scatter_vjp, (q, k, lse, lse, k, *given)),
            (conic.conic, (x, "rcolu rectified", 4, 1.0)),
            (conic.conic_vjp, (x, x, "soc", 4, 0.5)),
        ):
            told = op(*args)
            same(op._init_fn(*args), [told] if isinstance(told, Tensor) else told)


# --------------------------------------------------------------------------------------- the bench


def events(request: run.Request, part: str) -> Iterator[dict[str, Any]]:
    """What the measuring process says, which is this one."""
    said = io.StringIO()
    words = {**vars(request), "part": part, "parent": None}
    with contextlib.redirect_stdout(said), _stdin(json.dumps(words) + "\n"), seeming():
        worker.main()
    for line in said.getvalue().splitlines():
        yield json.loads(line)


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    before, end = worker.sys.stdin, worker.usage.end_with
    worker.sys.stdin, worker.usage.end_with = io.StringIO(text), lambda parent: None
    try:
        yield
    finally:
        worker.sys.stdin, worker.usage.end_with = before, end


def the_whole_command() -> None:
    """From the words to the JSON: every case is measured, and none is left out."""
    kept, run._events = run._events, events
    try:
        with available(), tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "bench.json"
            words = ["bench", "--device", "cuda", "--toy", "--rounds", "1", "--json", str(path)]
            done = CliRunner().invoke(cli.app, words)
            assert done.exit_code == 0, (done.output, done.exception)
            found = records.load(path)
    finally:
        run._events = kept
    assert found.complete
    assert found.environment["kind"] == "cuda"
    processor = {"clarabel"}
    out = [o for o in found.left_out if o.implementation not in processor]
    assert not out, out
    assert {row.op for row in found.rows} == set(cases.operations())
    assert all(row.device.startswith("a GPU") for row in found.rows)
    assert all(row.peak_bytes for row in found.rows if row.implementation == cases.OURS)


def no_device() -> None:
    done = CliRunner().invoke(cli.app, ["bench", "--device", "cuda"])
    assert done.exit_code == 2, done.output


@contextlib.contextmanager
def available() -> Iterator[None]:
    before, torch.cuda.is_available = torch.cuda.is_available, lambda: True
    try:
        yield
    finally:
        torch.cuda.is_available = before


def told() -> None:
    roads = lambda: [row.road for row in ops.explain() if row.device == "cuda"]
    assert roads() == ["none", "none"]
    with available(), seeming():
        assert roads() == ["flex", "compiled"]
    assert _roads.attention(torch.device("meta"), torch.float32)[0] == "chunked"


def compiled_psd() -> None:
    """The form that a compiler is given."""
    f = lambda a: psd._Psd.apply((a + a.mH) / 2)
    with seeming():
        inputs = drawn([(3, 4, 4)], torch.float32, "cuda")
        same(slopes(f, inputs, again=True), inputs)


def no_peer_of_the_processor() -> None:
    with seeming(), contextlib.suppress(peers.Absent):
        peers._here(torch.zeros(2, device="cuda"), "jax")
        raise AssertionError("it takes part")


def weighed() -> None:
    with seeming():
        assert memory.peak_bytes(lambda: None, True) == 2 << 20


def all_roads() -> dict[str, Road]:
    found: dict[str, Road] = {}
    part = functools.partial
    for name in CALLS:
        for dtype in (*REAL, *HALF):
            said = str(dtype).removeprefix("torch.")
            found[f"{name}, {said}"] = part(forward, name, dtype)
            if dtype in (REAL[0], HALF[0]):  # one of each width
                found[f"{name}, {said}, backward"] = part(backward, name, dtype)
        found[f"{name}, backward twice"] = part(twice, name)
        for dtype in HALF:
            said = str(dtype).removeprefix("torch.")
            found[f"{name}, autocast to {said}"] = part(autocast, name, dtype)
    masks_of = (("all", False), ("causal", False), ("band:2", True), ("blocks:2", False))
    for dtype, (mask, table) in itertools.product((*REAL, torch.bfloat16), masks_of):
        said = f"{str(dtype).removeprefix('torch.')}, {mask}{', table' if table else ''}"
        found[f"bodies, {said}"] = part(bodies, dtype, mask, table)
    named = (compiled_psd, the_whole_command, no_device, told, no_peer_of_the_processor, weighed)
    return found | {f.__name__: f for f in named}
