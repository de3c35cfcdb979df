"""Runs of `verify`, `bench`, `campaign` and `replicate` that are ended at random points.

python -m tests.soak --times 200 --seed 0        or: make soak TIMES=200

The kinds take turns.  What is done is kept in _build/soak, so that a soak that is stopped goes on;
once it is whole, its counts are the README's.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from fieldcheck import ordinary
from tests.soak.kinds import KINDS
from tests.soak.soak import Soak

FIGURES = Path(__file__).with_name("figures.json")
"""Of the last whole soak: of each kind, how often which signal ended a run, and how many were over
before."""
ROOT = Path(__file__).parents[2]

Ends = dict[str, dict[str, int]]


def read(path: Path) -> Ends:
    return json.loads(path.read_text(encoding="utf-8"))["ends"] if path.exists() else {}


def keep(path: Path, seed: int, ends: Ends) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    ordinary.write_text(path, json.dumps({"seed": seed, "ends": ends}, indent=1) + "\n")


def sentence(ends: Ends) -> str:
    """What the README says."""
    counts = {name: sum(of.values()) - of.get("over", 0) for name, of in ends.items()}
    signals = set().union(*ends.values()) - {"over"}
    by_kind = ", ".join(f"{count} of `{name}`" for name, count in counts.items())
    return (
        f"{sum(counts.values())} ({by_kind}), by {len(signals)} signals: nothing lost, doubled, "
        "half written or left running"
    )


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--times", type=int, default=200)
    words.add_argument("--seed", type=int, default=0)
    words.add_argument("--kind", action="append", choices=list(KINDS))
    given = words.parse_args()
    kinds = given.kind or list(KINDS)
    state = ROOT / "_build" / "soak" / f"{given.seed}.json"
    ends = read(state)
    runs = lambda name: sum(ends.get(name, {}).values())
    done = lambda name: runs(name) - ends.get(name, {}).get("over", 0)
    with tempfile.TemporaryDirectory() as folder:
        soaks: dict[str, Soak] = {}
        while (left := given.times - sum(map(done, kinds))) > 0:
            name = min(kinds, key=lambda name: done(name) / KINDS[name].share)
            if name not in soaks:
                home = Path(folder) / name
                home.mkdir()
                soaks[name] = Soak(KINDS[name](home), given.seed, 0.1)
                print(f"{name}: {soaks[name].within:.1f} s undisturbed", flush=True)
            end = soaks[name].once(runs(name))
            ends.setdefault(name, {})[end] = ends.get(name, {}).get(end, 0) + 1
            keep(state, given.seed, ends)
            print(f"{name} {runs(name)}: {end}; {left - (end != 'over')} to go", flush=True)
        for soak in soaks.values():
            soak.finish()
    print(sentence(ends))
    if not given.kind:
        keep(FIGURES, given.seed, ends)


if __name__ == "__main__":
    main()
