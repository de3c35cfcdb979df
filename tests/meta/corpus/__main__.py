"""Measure the judge: statements of known truth, judged and counted by family.

    python -m tests.meta.corpus --cases 2000 --seed 0 --jobs 2
    python -m tests.meta.corpus --cases 200 --family thin        one family only
    python -m tests.meta.corpus --show thin 17                   one case, and what the judge says
    python -m tests.meta.corpus --cases 20000 --figures          and write the README's figures

Results are kept as JSON lines under ``_build/corpus`` and used again by a run with the same seed
and profile, so that one that was stopped goes on where it was.  Exit status 1: a false statement
was proved, or a true one refuted.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.meta.corpus import FAMILIES, make
from tests.meta.corpus.judged import GRAVE, LIMIT, Result, Task, judge, one, proved

HERE = Path(__file__).parent
FIGURES = HERE / "figures.json"
RESULTS = Path("_build/corpus")


def tasks(families: list[str], cases: int, seed: int) -> Iterator[tuple[str, int]]:
    """Families in turn; case k of a seed has the number seed * 10^6 + k."""
    for k in range(cases):
        yield families[k % len(families)], seed * 10**6 + k // len(families)


def known(path: Path) -> dict[tuple[str, int], Result]:
    """The results of an earlier run."""
    if not path.exists():
        return {}
    found = [Result(**json.loads(line)) for line in path.read_text().splitlines() if line]
    return {(r.family, r.seed): r for r in found if r.label == make(r.family, r.seed).label}


def run(
    wanted: list[tuple[str, int]], path: Path, profile: str, jobs: int, limit: int, fresh: bool
) -> list[Result]:
    """Judge what is not known yet; every result is written at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if fresh:
        path.unlink(missing_ok=True)
    results = known(path)
    todo: list[Task] = [
        (name, number, profile, number, limit)
        for name, number in wanted
        if (name, number) not in results
    ]
    start, grave = time.monotonic(), 0
    with path.open("a") as out, judges(jobs) as judged:
        for k, result in enumerate(judged(todo), 1):
            results[result.family, result.seed] = result
            out.write(json.dumps(result.record()) + "\n")
            out.flush()
            if result.mistake in GRAVE:
                grave += 1
                say(f"\n{result.mistake}: {result.family} {result.seed}: {result.label}")
            if k % 20 == 0 or k == len(todo):
                rate = (time.monotonic() - start) / k
                say(f"\r{k}/{len(todo)}  {rate:.2f} s each  {grave} grave  ", end="")
    say("")
    return [results[key] for key in wanted]


@contextmanager
def judges(jobs: int) -> Iterator[Callable[[list[Task]], Iterable[Result]]]:
    """What judges many cases: this process, or several others."""
    if jobs == 1:
        yield lambda todo: map(one, todo)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield lambda todo: pool.imap_unordered(one, todo)


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)


def count(results: Iterable[Result]) -> dict[str, int]:
    """Figures of some results."""
    results = list(results)
    false = [r for r in results if not r.truth]
    true = [r for r in results if r.truth]
    provable = [r for r in true if r.provable]
    return {
        "cases": len(results),
        "false": len(false),
        "false proved": sum(r.mistake == "false proved" for r in false),
        "false stands": sum(r.mistake == "false stands" for r in false),
        "false refuted": sum(r.word in ("refuted", "fails") for r in false),
        "true": len(true),
        "true refuted": sum(r.mistake == "true refuted" for r in true),
        "true fails": sum(r.mistake in ("true fails", "true invalid") for r in true),
        "provable": len(provable),
        "provable proved": sum(proved(r) for r in provable),
        "late": sum(r.word == "late" for r in results),
    }


def figures(results: list[Result], profile: str, seed: int) -> dict[str, Any]:
    families: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        families[result.family].append(result)
    return {
        "profile": profile,
        "seed": seed,
        "all": count(results),
        "families": {name: count(families[name]) for name in FAMILIES if families[name]},
    }


def table(summary: dict[str, Any]) -> str:
    """The figures by family, for reading."""
    head = f"{'family':24}{'false':>7}{'proved':>8}{'stand':>7}{'refuted':>9}"
    head += f"{'true':>7}{'refuted':>9}{'fails':>7}{'provable':>10}{'proved':>8}{'late':>6}"
    rows = [*summary["families"].items(), ("all", summary["all"])]
    keys = (
        ("false", 7),
        ("false proved", 8),
        ("false stands", 7),
        ("false refuted", 9),
        ("true", 7),
        ("true refuted", 9),
        ("true fails", 7),
        ("provable", 10),
        ("provable proved", 8),
        ("late", 6),
    )
    lines = [f"{name:24}" + "".join(f"{row[key]:>{w}}" for key, w in keys) for name, row in rows]
    return "\n".join([head, *lines])


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.meta.corpus")
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--profile", default="quick")
    parser.add_argument("--limit", type=int, default=LIMIT, help="seconds for one case")
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES))
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    parser.add_argument(
        "--figures", action="store_true", help=f"write {FIGURES.name}, for the README"
    )
    parser.add_argument(
        "--mistakes", action="store_true", help="list every mistake, shortest first"
    )
    parser.add_argument("--show", nargs=2, metavar=("FAMILY", "NUMBER"))
    asked = parser.parse_args(argv)
    if asked.show:
        print(
            json.dumps(
                judge(make(asked.show[0], int(asked.show[1])), asked.profile).record(), indent=1
            )
        )
        return 0
    wanted = list(tasks(asked.family or list(FAMILIES), asked.cases, asked.seed))
    path = RESULTS / f"{asked.profile}-{asked.seed}.jsonl"
    results = run(wanted, path, asked.profile, asked.jobs, asked.limit, asked.fresh)
    summary = figures(results, asked.profile, asked.seed)
    if asked.figures:
        FIGURES.write_text(json.dumps(summary, indent=1) + "\n")
    print(table(summary))
    if asked.mistakes:
        for r in sorted(results, key=lambda r: (r.mistake, len(r.label))):
            if r.mistake:
                print(f"{r.mistake}: {r.family} {r.seed} [{r.word}]\n    {r.label}")
    return int(any(r.mistake in GRAVE for r in results))


if __name__ == "__main__":
    sys.exit(main())
