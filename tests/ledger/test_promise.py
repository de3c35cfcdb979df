"""What a ledger promises: its form does not change under one number; verdicts are found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fieldcheck.ledger import records, store
from tests.cli.commands import HEAD, NEIGHBOUR, call, home  # noqa: F401

PUBLISHED = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))
"""`fieldcheck schema`, as it was published under its number.  Written anew with a new number, or
where something was added."""


def broken(published, current) -> list[str]:
    """What a reader of the published form would miss, or meet changed."""
    found = []
    for kind, was in published["$defs"].items():
        now = current["$defs"].get(kind, {})
        for name, about in was.get("properties", {}).items():
            if now.get("properties", {}).get(name) != about:
                found.append(f"{kind}.{name}")
        found += [f"{kind}: {name} may be absent" for name in was.get("required", ())
                  if name not in now.get("required", ())]  # fmt: skip
        found += [f"{kind}: {word!r}" for word in was.get("enum", ())
                  if word not in now.get("enum", ())]  # fmt: skip
    return found


def test_under_one_number_nothing_is_taken_away():
    current = json.loads(json.dumps(records.schema()))
    assert broken(PUBLISHED, current) == [], "give the form another number"
    assert records.SCHEMA in json.dumps(PUBLISHED)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda d: d["$defs"]["ClaimRow"]["properties"].pop("hash"), "ClaimRow.hash"),
        (lambda d: d["$defs"]["Run"]["required"].remove("seed"), "Run: seed may be absent"),
        (lambda d: d["$defs"]["Word"]["enum"].remove("stands"), "Word: 'stands'"),
    ],
)
def test_what_is_taken_away_is_named(spoil, says):
    changed = json.loads(json.dumps(records.schema()))
    spoil(changed)
    assert says in broken(PUBLISHED, changed)


def test_a_verdict_is_found_again_from_its_hash(home):
    """Same code, profile and seed, hence the same hash: then the same verdicts."""
    (home / "mine.py").write_text(HEAD + NEIGHBOUR)
    rows = []
    for name in ("a.json", "b.json"):
        words = ("--from", "mine.py", "--json", name, "--profile", "quick", "--jobs", "1")
        assert call("verify", *words, "--seed", "3")[0] == 0
        rows.append(records.plain(store.read(home / name).row("my-square")))
    for row in rows:
        del row["seal"]
        for form in row["forms"]:
            del form["entropy"], form["evidence"]  # drawn anew, so that no body can foresee it
    assert rows[0] == rows[1]
