"""The ledger: what a run found, kept in one file.

Nothing here imports torch. A run's numbers are made in worker processes (:mod:`.pool`); the
parent plans (:mod:`.run`) and keeps the rows (:mod:`.store`), which are typed (:mod:`.records`).
"""
