"""The command line on small matter: ``python driver.py KIND WORDS…``.

``verify`` runs on claims with chosen outcomes, a campaign's tasks are small, and a replication has
the protocol that ``SOAK_PROTOCOL`` names.
"""

import os
import sys
from pathlib import Path

from fieldcheck import cli


def verify() -> None:
    cli.MACHINE = "fake_machine"


def bench() -> None: ...


def campaign() -> None:
    from fieldcheck.campaign import records

    records.PER = 25_000


def replicate() -> None:
    from fieldcheck.replication import protocol, report

    here = (Path(os.environ["SOAK_PROTOCOL"]),)
    for function in (protocol.load, protocol.digest, protocol.commit, report.read):
        function.__defaults__ = here


if __name__ == "__main__":
    {f.__name__: f for f in (verify, bench, campaign, replicate)}[sys.argv.pop(1)]()
    cli.main()
