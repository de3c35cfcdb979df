"""The ledger: what a run found, kept in one file, and the pages that are made from it.

Nothing here imports torch. A run's numbers are made in worker processes (:mod:`.pool`); the
parent plans (:mod:`.run`), keeps the rows (:mod:`.store`) and shows them (:mod:`.cards`,
:mod:`.map`, :mod:`.sphinx_ext`).
"""
