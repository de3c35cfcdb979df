"""``fieldcheck campaign``: many more cases of what stands, spread over a Dask cluster.

The work is cut into tasks.  A task depends on the form, the seed and its number alone, and the
total is a fold over the tasks in their order: how many workers there were, which of them died and
when the run was stopped changes nothing.
"""
