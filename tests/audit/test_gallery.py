"""Each question of the audit against each module of the gallery: every cell of the table."""

import pytest
import torch

from fieldcheck.audit import report
from fieldcheck.audit.gallery import BY_NAME, EXHIBITS
from fieldcheck.audit.gallery.exhibit import SILENT
from fieldcheck.audit.questions import QUESTIONS


@pytest.mark.parametrize("name", BY_NAME)
def test_every_answer_is_the_right_one(name):
    exhibit = BY_NAME[name]
    found = report(exhibit.module(), exhibit.example(), channels=exhibit.channels)
    word = lambda a: a.verdict if a.verdict in ("yes", "no") else SILENT
    answers = {key: word(a) for key, a in found.answers.items()}
    assert answers == exhibit.truth()
    assert found["homogeneous"].detail.get("degree") == exhibit.degree
    orders = found["taylor"].detail.get("orders")
    assert (orders if orders is None else tuple(orders)) == exhibit.orders
    assert found["interaction"].detail.get("pattern") == exhibit.pattern
    if exhibit.truth()["potential"] == "yes":
        gives_its_field_back(found, exhibit)
    for key, a in found.answers.items():
        if a.verdict == "no" and a.limit is not None and key != "interaction":
            assert not a.measured <= a.limit
            assert a.witness


def gives_its_field_back(found, exhibit):
    """The potential that is handed back, differentiated here, at a state the audit never saw."""
    x = 0.5 * exhibit.example().flip(0)
    h = torch.randn(x.shape, generator=torch.Generator().manual_seed(77), dtype=x.dtype)
    weights = found.potential.weights
    module = exhibit.module()
    if isinstance(module, torch.nn.Module):
        module.eval()
    f = module(x.clone().requires_grad_())
    f = f.detach() if weights is None else f.detach() * weights
    S = lambda t: float(found.potential(x + t * h))
    step = 1e-3
    slope = (8 * (S(step) - S(-step)) - S(2 * step) + S(-2 * step)) / (12 * step)
    product = float((f.conj() * h).sum().real)
    expected = 2 * product if x.is_complex() else product
    assert slope == pytest.approx(expected, abs=2e-2 * float(f.norm() * h.norm()) + 1e-9)


def test_the_gallery_is_large_and_of_all_kinds():
    assert len(EXHIBITS) == len(BY_NAME) >= 40
    kinds = {"activation", "attention", "norm", "convolution", "Hopfield", "energy", "mechanics",
             "gated", "graph", "complex", "cone", "MLP", "linear"}  # fmt: skip
    assert kinds <= {e.family for e in EXHIBITS}


# A random module has no other answers, and potentials are asked of gradients only.
BOTH_WAYS = [q.key for q in QUESTIONS if q.key not in ("deterministic", "potential")]


@pytest.mark.parametrize("key", BOTH_WAYS)
def test_each_question_is_answered_both_ways(key):
    """Else its column would tell nothing."""
    assert {"yes", "no"} <= {e.truth()[key] for e in EXHIBITS}
