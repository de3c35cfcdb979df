"""Function transforms are seen, so that the plain forms serve inside of them."""

from __future__ import annotations

import pytest
import torch
from torch.autograd import forward_ad

from fieldcheck.ops._transforms import transformed


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # torch's own, where it scripts rules
def test_transforms_are_seen():
    seen = []

    def look(x):
        seen.append(transformed(torch.ones(3), x))
        return x

    x = torch.ones(2, 3)
    torch.func.vmap(look)(x)
    torch.func.grad(lambda x: look(x).sum())(x)
    with forward_ad.dual_level():
        look(forward_ad.make_dual(x, x))
    assert seen == [True, True, True]
    look(x)
    assert seen[-1] is False
