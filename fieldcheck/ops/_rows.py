"""A function of the rows, taken a few rows at a time, with derivatives of every order.

Many quantities of attention have one shape: each row ``n`` combines with all keys, and the results
either belong to the row or are summed over the rows.  Done all rows at once they need an N x N
tensor; done in runs of rows they do not.  The derivative of such a map is again such a map, whose
rows are the old rows together with their cotangents.  So one autograd function, whose backward
pass calls itself on the derivative, gives gradients of any order in memory that never holds more
than one run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ._steady import without_autocast
from .masks import Interval, Span, spans

Body = Callable[[Sequence[Tensor], Sequence[Tensor], Span], tuple[list[Tensor], list[Tensor]]]
"""``body(rows, shared, span) -> (outputs of these rows, terms to be summed over all rows)``."""


@dataclass(frozen=True)
class RowMap:
    """How a map runs over the rows: its body, and which axis of every tensor counts rows.

    ``body`` sees each row tensor cut to the rows of the span along axis ``-2``, and the shared
    tensors whole.  The span tells which keys these rows may see.
    """

    body: Body
    n: int
    m: int
    mask: Interval | None
    chunk: int
    table: Tensor | None = None
    row_outputs: int = 1
    shared_outputs: int = 0

    def spans(self, device: torch.device) -> Iterator[Span]:
        bounds = None if self.mask is None else self.mask.bounds(self.n, self.m)
        for span in spans(bounds, self.n, self.m, self.chunk, device):
            yield with_table(span, self.table)

    def __call__(self, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Row outputs, then shared outputs; differentiable to any order."""
        return _Apply.apply(self, len(rows), *rows, *shared)

    @torch.no_grad()
    def run(self, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The same values, with no graph: what a registered operator may call.

        Results are written where they stay.  A small tensor kept from each run would settle in the
        room that the run's scores left, the next scores would need new room, and in the end the
        process would have grown by N x N numbers that nobody holds.
        """
        with without_autocast(rows[0].device.type):  # a derivative may be taken within its block
            return self._run(rows, shared)

    def _run(self, rows: Sequence[Tensor], shared: Sequence[Tensor]) -> tuple[Tensor, ...]:
        if self.n == 0:  # one empty run tells the shapes
            span = with_table(Span(0, 0, 0, self.m, None), self.table)
            row_out, shared_out = self.body(list(rows), shared, span)
            return tuple(y.detach().clone() for y in (*row_out, *shared_out))
        done: list[Tensor] = []
        sums: list[Tensor] = []
        for span in self.spans(rows[0].device):
            part = [x[..., span.a : span.b, :] for x in rows]
            row_out, shared_out = self.body(part, shared, span)
            if span.a == 0:
                done = [y.new_empty((*y.shape[:-2], self.n, y.shape[-1])) for y in row_out]
                sums = [torch.zeros_like(y) for y in shared_out]
            for whole, y in zip(done, row_out, strict=True):
                whole[..., span.a : span.b, :] = y.detach()
            for total, y in zip(sums, shared_out, strict=True):
                total += y.detach()
        return (*done, *sums)

    def derivative(self, n_rows: int, n_shared: int) -> RowMap:
        """The map from rows, shared and the cotangents of both to the gradients of both."""

        def body(rows: Sequence[Tensor], shared: Sequence[Tensor], span: Span):
            inside = torch.is_grad_enabled()  # then a derivative of a higher order runs this body
            with torch.enable_grad():
                inputs = [
                    x if inside else x.detach().requires_grad_()
                    for x in (*rows[:n_rows], *shared[:n_shared])
                ]
                out_rows, out_shared = self.body(inputs[:n_rows], inputs[n_rows:], span)
                pairs = zip(
                    (*out_rows, *out_shared),
                    (*rows[n_rows:], *shared[n_shared:]),
                    strict=True,
                )
                used = [(y, g) for y, g in pairs if y.requires_grad]
                if not used:
                    zeros = [torch.zeros_like(x) for x in inputs]
                    return zeros[:n_rows], zeros[n_rows:]
                grads = torch.autograd.grad(
                    [y for y, _ in used],
                    inputs,
                    [g for _, g in used],
                    create_graph=inside,
                    materialize_grads=True,
                )
            return list(grads[:n_rows]), list(grads[n_rows:])

        return replace(self, body=body, row_outputs=n_rows, shared_outputs=n_shared)


def with_table(span: Span, table: Tensor | None) -> Span:
    """The span, narrowed further by a table that the user gave: bool, or added to the scores."""
    if table is None:
        return span
    part = table[..., span.a : span.b, :] if table.shape[-2] != 1 else table
    part = part[..., span.c : span.d] if table.shape[-1] != 1 else part
    if span.allowed is None:
        return span._replace(allowed=part)
    if part.dtype == torch.bool:
        return span._replace(allowed=part & span.allowed)
    return span._replace(allowed=part.masked_fill(~span.allowed, -torch.inf))


class _Apply(torch.autograd.Function):
    @staticmethod
    def forward(ctx, row_map: RowMap, n_rows: int, *tensors: Tensor):
        ctx.row_map, ctx.n_rows = row_map, n_rows
        ctx.save_for_backward(*tensors)
        return row_map.run(tensors[:n_rows], tensors[n_rows:])

    @staticmethod
    def backward(ctx, *grads: Tensor):
        row_map: RowMap = ctx.row_map
        tensors, k = ctx.saved_tensors, ctx.n_rows
        rows, shared = tensors[:k], tensors[k:]
        g_rows, g_shared = grads[: row_map.row_outputs], grads[row_map.row_outputs :]
        step = row_map.derivative(len(rows), len(shared))
        return (None, None, *step((*rows, *g_rows), (*shared, *g_shared)))
