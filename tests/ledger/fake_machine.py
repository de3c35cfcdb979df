"""A claim machine with chosen outcomes, in place of the real one: quick, and able to misbehave.

The claims' ids say what they do. ``FAKE_DELAY`` (seconds) makes each claim slow, ``FAKE_LOG``
names a file to which each verification is written, so that a test can count them.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fieldcheck.ledger import records
from fieldcheck.ledger.errors import UserError
from fieldcheck.ledger.records import ClaimRow

ROLES = (("claim", "claim"), ("printed", "printed"), ("twice", "neighbour"))


@dataclass
class Source:
    work: str
    place: str


@dataclass
class Form:
    key: str
    role: str
    title: str
    expect: str | None
    tex: str = "x = x"
    hypothesis: str | None = None


@dataclass
class Claim:
    id: str
    chapter: str = "alpha"
    needs: tuple[str, ...] = ()
    grade: str = "exact"
    word: str = "proved"
    title: str = "Both sides agree"
    statement: str = "The left side $l$ equals the right side, `entry` by entry."
    sources: tuple[Source, ...] = (Source("talk", "slide 3"),)
    equations: tuple[str, ...] = ()
    given: dict[str, Any] = field(default_factory=dict)
    tex: str = "l = r"
    differs: str = ""
    expect: str = "holds"
    where: tuple[str, ...] = ()
    forms: dict[str, Form] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, role in ROLES:
            key = f"{self.id}/{name}"
            expect = self.expect if role == "claim" else "refuted"
            title = self.title if role == "claim" else f"form {name}, with X* and a 2"
            self.forms[key] = Form(key, role, title, expect, self.tex)


CLAIMS = {
    made.id: made
    for made in (
        Claim("plain-true", equations=("eq-plain",)),
        Claim("rests-on-plain", needs=("plain-true",)),
        Claim(
            "only-sampled", chapter="beta", grade="sampled", word="stands", title="Seen, not proved"
        ),
        Claim("rests-on-sampled", chapter="beta", needs=("only-sampled", "plain-true")),
    )
}
ODD = {
    made.id: made
    for made in (
        Claim("comes-out-wrong"),
        Claim("machine-raises"),
        Claim("worker-dies"),
        Claim("row-is-bad"),
        Claim("row-has-float"),
    )
}
WILD = {
    made.id: made
    for made in (
        Claim("spins"),
        Claim("sleeps"),
        Claim("eats"),
        Claim("crashes"),
        Claim("leaves-a-thread"),
        Claim("floods"),
        Claim("closes"),
        Claim("writes"),
        Claim("stops"),
        Claim("doubles"),
        Claim("lets-spin"),
        Claim("lets-eat"),
        Claim("leaves-a-session"),
        Claim("forks"),
    )
}


def load(files: tuple[str, ...] = (), *, judging: bool = True) -> dict[str, Claim]:
    """Of files, the claims that are called as they are."""
    if os.environ.get("FAKE_EMPTY"):
        return {}
    chosen = {"": CLAIMS, "wild": WILD}.get(os.environ.get("FAKE_ODD", ""), {**CLAIMS, **ODD})
    return {name: made for name, made in chosen.items() if not files or f"{name}.py" in files}


told = load


def claim_hash(claim: Claim, profile: str, seed: int) -> str:
    return f"{claim.id}:{profile}:{seed}:{os.environ.get('FAKE_VERSION', '1')}"


def start_worker() -> None:
    pass


def describe(fault: BaseException) -> str:
    return f"{type(fault).__name__}: {fault}"


def in_words_of(claim: Claim, stored: ClaimRow) -> ClaimRow | None:
    """The title and what is expected, from the register; a verdict must be that of its evidence."""
    said = records.plain(stored)
    for form in said["forms"]:
        of_evidence = {"refutes": "refuted", "confirms": claim.word}[form["evidence"][0]["outcome"]]
        if form["verdict"] not in (of_evidence, "undecided"):
            return None
        own = claim.forms[form["key"]]
        form |= {"expected": {"word": own.expect, "sizes": {}, "box": None}, "title": own.title}
        form["met"] = (own.expect == "refuted") == (form["verdict"] == "refuted")
        form["met"] &= form["verdict"] != "undecided"
    said |= {"title": claim.title, "expected": said["forms"][0]["expected"]}
    return records.sealed(said)


def misbehave(claim_id: str) -> None:
    """What no limit within the process stops."""
    if claim_id == "spins":
        while True:
            pass
    if claim_id == "sleeps":
        threading.Event().wait()
    if claim_id == "eats":
        kept = []
        while True:
            kept.append(bytearray(b"1" * (8 << 20)))
            time.sleep(0.01)
    if claim_id == "crashes":
        os.kill(os.getpid(), signal.SIGSEGV)
    if claim_id == "leaves-a-thread":
        threading.Thread(target=threading.Event().wait).start()
    if claim_id == "closes":
        os.closerange(3, 64)
    if claim_id == "writes":
        _write_everywhere()
    if claim_id == "stops":
        os.kill(os.getpid(), signal.SIGSTOP)
    if claim_id == "doubles":
        for _ in range(7):
            os.fork()
        time.sleep(600)
    if claim_id == "lets-spin":
        subprocess.run([sys.executable, "-S", "-c", "while True: pass"], start_new_session=True)
    if claim_id == "lets-eat":
        subprocess.run([sys.executable, "-S", "-c", "x = b'1' * (600 << 20)\nwhile True: pass"])
    if claim_id == "leaves-a-session":
        left = subprocess.Popen(["sleep", "600"], start_new_session=True)
        with Path(os.environ["FAKE_LOG"]).open("a") as stream:
            stream.write(f"{left.pid} ")
        os._exit(1)
    if claim_id == "forks":
        os.fork()
    if claim_id == "floods":
        print("x" * 10_000, "\x1b[2J", flush=True)


def _write_everywhere() -> None:
    """What looks like the beginning of a long message, to whoever listens on a socket."""
    for n in range(3, 64):
        try:
            socket = stat.S_ISSOCK(os.fstat(n).st_mode)
        except OSError:
            continue
        if socket:
            os.write(n, b"\0\1\0\0")
    time.sleep(600)


def verify(
    claim_id: str, profile: str, seed: int, stops: Any = None, begun: Any = None
) -> tuple[ClaimRow, dict[str, str]]:
    if log := os.environ.get("FAKE_LOG"):
        with Path(log).open("a") as stream:
            stream.write(f"{claim_id} threads={os.environ.get('OMP_NUM_THREADS')}\n")
    time.sleep(float(os.environ.get("FAKE_DELAY", "0")))
    if claim_id == "machine-raises":
        raise ZeroDivisionError("a formula divides by nothing")
    if claim_id == "worker-dies":
        os.kill(os.getpid(), signal.SIGKILL)
    claim = {**CLAIMS, **ODD, **WILD}[claim_id]
    made = row(claim, profile, seed)
    second = made["forms"][1]
    if claim_id in WILD and begun:
        begun(second["key"])
    if why := (stops or {}).get(second["key"]):
        second |= {"verdict": "undecided", "met": False, "because": f"stopped: {why}"}
    else:
        misbehave(claim_id)
    if claim_id == "comes-out-wrong":
        made["forms"][2] |= {"verdict": "undecided", "met": False, "because": "no method applied"}
    if claim_id == "row-is-bad":
        made["verdict"] = "maybe"
    if claim_id == "row-has-float":
        made["forms"][0]["evidence"][0]["worst"] = {"what": "residual", "log10": -16.5, "raw": None}
    return records.sealed(made), {form["key"]: "0.012" for form in made["forms"]}


def row(claim: Claim, profile: str = "quick", seed: int = 0) -> dict[str, Any]:
    """A row in which everything is as expected, as the evidence would hand it in."""
    forms = [_form(form, claim) for form in claim.forms.values()]
    return {
        "id": claim.id,
        "title": claim.title,
        "chapter": claim.chapter,
        "sources": [{"work": source.work, "place": source.place} for source in claim.sources],
        "equations": list(claim.equations),
        "needs": list(claim.needs),
        "hash": claim_hash(claim, profile, seed),
        **{key: forms[0][key] for key in ("expected", "verdict", "grade", "scope")},
        "rests_on": claim.word,
        "weakest": None,
        "none_dropped_because": "nothing is assumed of the inputs",
        "forms": forms,
    }


def _form(form: Form, claim: Claim) -> dict[str, Any]:
    refuted = form.expect == "refuted"
    word = "refuted" if refuted else claim.word
    scope = {
        "stated": False,
        "sizes": {"N": [1, 2, 3] if word == "proved up to" else "all"},
        "inputs": {"X": "all"},
    }
    return {
        "key": form.key,
        "role": form.role,
        "title": form.title,
        "tex": form.tex,
        "hypothesis": form.hypothesis,
        "parts": ["Equal"],
        "expected": {"word": form.expect, "sizes": {}, "box": None},
        "met": True,
        "verdict": word,
        "grade": "exact" if refuted else claim.grade,
        "scope": None if refuted else {**scope, "box": None, "conditions": [], "left_out": []},
        "visited": {"N": [1, 2, 3], "C": [1, 2, 3]},
        "log2_bound": "-171.0" if word.startswith("proved") else None,
        "entropy": "5eed",
        "outcome": None,
        "because": None,
        "threshold": {"log10": "-30", "tried": 4, "perturbed": "right side"},
        "evidence": [_evidence(refuted, claim)],
        "witness": _witness() if refuted else None,
    }


def _evidence(refuted: bool, claim: Claim) -> dict[str, Any]:
    return {
        "method": "exact",
        "outcome": "refutes" if refuted else "confirms",
        "why": None,
        "detail": "the two sides agree modulo 3 primes",
        "grade": claim.grade,
        "agrees": [] if refuted else [0],
        "vacuous": False,
        "error": "",
        "cases": 36,
        "shapes": 36,
        "strata": {"ties": 4},
        "digits": None,
        "log2_bound": "-171.0",
        "order": None,
        "box": None,
        "cells": None,
        "worst": {"what": "largest residual", "log10": "-16", "raw": None},
        "proves": {},
        "proof": None,
    }


def _witness() -> dict[str, Any]:
    return {
        "relation": "Equal",
        "sizes": {"N": 2, "C": 2},
        "raw": {"X": {"re": [["0x1p0", "0x0p0"], ["0x0p0", "0x1p-1"]]}},
        "inputs": {"X": [["1", "0"], ["0", "1/2"]], "root_r": "2"},
        "part": 0,
        "index": [1, 1],
        "side": "sides",
        "lhs": "1/2",
        "rhs": "1",
        "certified_by": "rational",
        "digits": 60,
        "table": [],
        "seed": None,
    }


def replay(form: Form, witness: Any, digits: int) -> dict[str, Any]:
    return {
        "lhs": "0.5" + "0" * (digits - 2),
        "rhs": "1." + "0" * (digits - 2),
        "residual": "-0.5",
        "certified": not os.environ.get("FAKE_UNCERTIFIED"),
        "inputs": witness.inputs,
    }


def told_otherwise(form: Form, witness: dict[str, Any]) -> list[str]:
    return [] if witness["lhs"] == "1/2" else ["lhs"]


def contest(claims: dict[str, Claim], path: Path, digits: int) -> Any:
    if not path.exists():
        raise UserError(f"cannot read {path}: no such file")
    point = tomllib.loads(path.read_text())
    form = claims[point["claim"]].forms[f"{point['claim']}/{point['form']}"]
    judged = replace(form, expect=SimpleNamespace(holds=form.expect != "refuted"))
    return SimpleNamespace(
        form=judged, refutes=True, certain=True, open="", lhs="1/2", rhs="1", part=0, index=(1, 1)
    )
