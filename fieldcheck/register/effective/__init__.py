"""Why the field is said to be effective: chapter ``effective``.

- ``analytic``: the analytic axiom, and truncation
- ``tokens``: token symmetry: permutations against unitaries
- ``counting``: counting the invariant quartics
- ``heads``: how many heads a quartic needs
- ``double_traces``: double traces, and when they are sums of single ones
- ``orderings``: orderings of a word in several weights
- ``right``: the right symmetry: what commutes with the weights
- ``softmax``: what softmax and ReLU do to the axioms
- ``positions``: what positional encodings do
"""

from importlib import import_module

ORDER = "analytic tokens counting heads double_traces orderings right softmax positions"

for room in ORDER.split():  # the order of the ledger
    import_module(f"{__name__}.{room}")
