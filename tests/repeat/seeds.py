"""Every neighbour, printed and read form of the register, judged with many seeds.

    python -m tests.repeat.seeds --seeds 20 --profile standard --jobs 2       or: make seeds S=20

What is judged is kept as JSON lines under ``_build/seeds`` and used again while the sources are the
same, so that a run that was stopped goes on where it was.  A whole run writes its count to
``tests/repeat/seeds.json``, for the README.  Exit status 1: a form came out otherwise than the
register expects, or a limit stopped it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldcheck.ledger import machine, pool
from fieldcheck.verdict import STOPPED
from tests.repeat.judge import told

JUDGE = "tests.repeat.judge"
FIGURES = Path(__file__).with_name("seeds.json")
KEPT = Path("_build/seeds")
SEEDS = {"quick": 100, "standard": 20}

Form = Mapping[str, Any]
"""What the judge says of a form: ``role``, ``verdict``, ``met``, ``because``."""


@dataclass
class Tally:
    """What has been judged: of each claim and seed, its forms."""

    forms: dict[tuple[str, int], Mapping[str, Form]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def judged(self) -> int:
        return sum(map(len, self.forms.values()))

    @property
    def wrong(self) -> list[str]:
        """One line a form that is not what the register expects."""
        return sorted(
            f"{key}, seed {seed}: {form['verdict']} ({form['because']})"
            for (_, seed), forms in self.forms.items()
            for key, form in forms.items()
            if not form["met"]
        )

    def figures(self, seeds: int) -> dict[str, Any]:
        """What the README needs."""
        roles = Counter(f["role"] for forms in self.forms.values() for f in forms.values())
        return {"seeds": seeds, "judged": self.judged, "roles": roles, "wrong": self.wrong}


def known(path: Path, hashes: Mapping[tuple[str, int], str]) -> dict[tuple[str, int], Any]:
    """What an earlier run kept of the same sources; a line that was cut off is no loss."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            place = (row["claim"], row["seed"])
            if hashes.get(place) == row["hash"]:
                found[place] = row["forms"]
    return found


def run(
    claims: Mapping[str, Any],
    seeds: Iterable[int],
    *,
    profile: str,
    jobs: int,
    path: Path,
    files: tuple[str, ...] = (),
) -> Tally:
    """Judge what is not known yet; what is judged is kept at once, unless a limit stopped it."""
    hashes = {
        (name, seed): machine.claim_hash(claim, profile, seed)
        for seed in seeds
        for name, claim in claims.items()
        if told(claim)
    }
    tally = Tally(known(path, hashes))
    todo = [place for place in hashes if place not in tally.forms]
    tasks = [pool.Task(name, "verify", (profile, seed)) for name, seed in todo]
    path.parent.mkdir(parents=True, exist_ok=True)
    _from_a_new_line(path)
    answers = pool.work(
        tasks, machine=JUDGE, files=files, jobs=jobs, limits=pool.OF_PROFILE[profile]
    )
    begun = time.monotonic()
    with path.open("a", encoding="utf-8") as out, contextlib.closing(answers):
        for done, answer in enumerate(answers, 1):
            name, seed = answer.task.name, answer.task.args[1]
            if answer.fault:
                tally.faults.append(f"{name}, seed {seed}: {answer.fault}")
            else:
                forms = answer.value[0][1]
                tally.forms[name, seed] = forms
                if not any(_stopped(form) for form in forms.values()):
                    row = {"claim": name, "seed": seed, "hash": hashes[name, seed], "forms": forms}
                    out.write(json.dumps(row) + "\n")
                    out.flush()
            if done % 50 == 0 or done == len(todo):
                _say(f"{done} of {len(todo)} claims in {time.monotonic() - begun:.0f} s, "
                     f"{len(tally.wrong)} forms wrong")  # fmt: skip
    return tally


def _stopped(form: Form) -> bool:
    return str(form["because"]).startswith(STOPPED)


def _from_a_new_line(path: Path) -> None:
    """A run that was killed may have left half a line."""
    if path.exists() and not path.read_bytes().endswith(b"\n"):
        with path.open("a", encoding="utf-8") as out:
            out.write("\n")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def figures() -> dict[str, Any]:
    """Of each profile, its last whole run."""
    return json.loads(FIGURES.read_text(encoding="utf-8")) if FIGURES.exists() else {}


def keep(profile: str, found: Mapping[str, Any]) -> None:
    """In the place of an earlier run of this profile."""
    whole = {**figures(), profile: found}
    FIGURES.write_text(json.dumps(whole, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def sentence() -> str:
    """What the README says."""
    said = [
        f"{run['judged'] - len(run['wrong']):,} of {run['judged']:,} over {run['seeds']} seeds "
        f"of the {profile} profile"
        for profile, run in sorted(figures().items(), reverse=True)
    ]
    return "; ".join(said) or "not measured"


def main(argv: list[str] | None = None) -> int:
    """Judge them all, and say what is wrong."""
    words = argparse.ArgumentParser(prog="python -m tests.repeat.seeds")
    words.add_argument("--profile", choices=sorted(SEEDS), default="standard")
    words.add_argument("--seeds", type=int, help="1 to this one (20 in standard, 100 in quick)")
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument(
        "--only", action="append", default=[], metavar="ID", help="this claim; writes no figures"
    )
    asked = words.parse_args(argv)
    claims = machine.load()
    if missing := set(asked.only) - claims.keys():
        words.error(f"no such claim: {', '.join(sorted(missing))}")
    last = asked.seeds or SEEDS[asked.profile]
    chosen = {name: c for name, c in claims.items() if not asked.only or name in asked.only}
    path = KEPT / f"{asked.profile}.jsonl"
    tally = run(chosen, range(1, last + 1), profile=asked.profile, jobs=asked.jobs, path=path)
    for line in (*tally.wrong, *tally.faults):
        print(line)
    print(f"{tally.judged:,} forms judged over {last} seeds, {len(tally.wrong):,} wrong")
    late = [f for forms in tally.forms.values() for f in forms.values() if _stopped(f)]
    if not (asked.only or tally.faults or late):
        keep(asked.profile, tally.figures(last))
    return int(bool(tally.wrong or tally.faults))


if __name__ == "__main__":
    sys.exit(main())
