"""From the runs to what is supported; refused if the protocol is not that of the runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from fieldcheck import ordinary

from . import protocol as paper
from .errors import ReplicationError
from .protocol import Protocol
from .statistics import Paired, detectable, holm, paired

Record = dict[str, Any]

SUPPORTED, OPPOSITE, UNSEEN, DIVERGED = "supported", "opposite", "not seen", "diverged"


class Comparison(NamedTuple):
    """The reference activation less another one; negative is better, for accuracies positive.

    ``adjusted`` and ``verdict`` are those of the tested family, None for numbers beside it.
    ``least`` is the smallest true difference that the study would have seen.
    """

    task: str
    metric: str
    other: str
    difference: Paired | None
    adjusted: float | None
    verdict: str | None
    least: float | None


def read(path: Path, against: Path = paper.FILE) -> tuple[Protocol, Record]:
    """Results with the protocol that they were made under.

    Raises ReplicationError if the protocol changed after the results, if a run is not one of its
    runs or has more parameters than another, or if the file does not read.
    """
    try:
        record = ordinary.read_json(path)
        made, runs = record["protocol"], record["runs"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise ReplicationError(f"{path} holds no results of a replication: {fault}") from None
    if made != paper.digest(against):
        raise ReplicationError(
            f"the protocol {against.name} is not the one that the results in {path.name} were made "
            f"under (SHA-256 {made[:12]}…, now {paper.digest(against)[:12]}…): nothing is reported"
        )
    protocol = paper.load(against)
    known = set(protocol.order())
    strange = [r for r in runs if (r["seed"], r["task"], r["activation"]) not in known
               or r["rate"] != protocol.tasks[r["task"]].rates[r["activation"]]]  # fmt: skip
    if strange:
        raise ReplicationError(f"{path} has a run that the protocol does not name: {strange[0]}")
    for task in protocol.tasks:
        if len({r["parameters"] for r in runs if r["task"] == task}) > 1:
            raise ReplicationError(f"{path}: the networks of task {task} differ in parameters")
    return protocol, record


def complete(protocol: Protocol, record: Record) -> list[int]:
    """The seeds of which every run is there; ReplicationError if the protocol wants more."""
    done = {(r["seed"], r["task"], r["activation"]) for r in record["runs"]}
    seeds = [s for s in protocol.seeds if all(k in done for k in protocol.order() if k[0] == s)]
    if len(seeds) < protocol.stop.least:
        raise ReplicationError(
            f"{len(seeds)} seeds are complete, and the protocol reports nothing below "
            f"{protocol.stop.least}"
        )
    return seeds


def column(protocol: Protocol, record: Record, task: str, arm: str, metric: str) -> list[Any]:
    """One number of one activation, a value for each complete seed, in the protocol's order."""
    found = {
        r["seed"]: r[metric] for r in record["runs"] if (r["task"], r["activation"]) == (task, arm)
    }
    return [found[seed] for seed in complete(protocol, record)]


def family(protocol: Protocol, record: Record) -> list[Comparison]:
    """The tests that the protocol names: the reference against each other one, on each task."""
    pairs = [
        (name, task.metric, other)
        for name, task in protocol.tasks.items()
        for other in protocol.activations
        if other != protocol.test.reference
    ]
    found = [_difference(protocol, record, *pair) for pair in pairs]
    tested = [d.p if d else 1.0 for d in found]
    return [
        Comparison(*pair, d, p, _verdict(d, p, protocol), _least(d, protocol, len(pairs)))
        for pair, d, p in zip(pairs, found, holm(tested), strict=True)
    ]


def beside(protocol: Protocol, record: Record) -> list[Comparison]:
    """The other numbers and the other forms: differences with intervals, and no test."""
    found = []
    for name, task in protocol.tasks.items():
        for metric in [task.metric, *task.also]:
            for other in protocol.arms(name):
                tested = metric == task.metric and other in protocol.activations
                if other != protocol.test.reference and not tested:
                    d = _difference(protocol, record, name, metric, other)
                    least = _least(d, protocol, 1)
                    found.append(Comparison(name, metric, other, d, None, None, least))
    return found


def _difference(
    protocol: Protocol, record: Record, task: str, metric: str, other: str
) -> Paired | None:
    ours, theirs = (
        column(protocol, record, task, arm, metric) for arm in (protocol.test.reference, other)
    )
    if None in ours or None in theirs:
        return None
    return paired(ours, theirs, protocol.test.level)


def _verdict(d: Paired | None, adjusted: float, protocol: Protocol) -> str:
    if d is None:
        return DIVERGED
    if adjusted > protocol.test.level:
        return UNSEEN
    return SUPPORTED if d.mean < 0 else OPPOSITE


def _least(d: Paired | None, protocol: Protocol, tests: int) -> float | None:
    """At the level of Holm's first step, which is the strictest."""
    if d is None:
        return None
    return detectable(d.deviation, d.n, protocol.test.level / tests, protocol.test.power)
