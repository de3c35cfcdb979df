"""Softmax attention from log-sum-exp: chapter ``softmax``.

- ``gibbs``: the Gibbs principle: softmax minimizes energy plus temperature times negative entropy
- ``log_sum_exp``: log-sum-exp: its gradient and its curvature
- ``free_energy``: the free energy of attention, and its printed force
- ``real_tokens``: real tokens: two terms, and what is and what is not a gradient
- ``metric``: another metric, in which self-attention is a gradient
- ``complex_scores``: complex scores: poles, and what their real part gives
"""

from importlib import import_module

ORDER = "gibbs log_sum_exp free_energy real_tokens metric complex_scores"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
