"""The one door from the ledger and the command line to the claim machine.

Everything above this file talks to claims through the functions here. The parent process
calls :func:`load` for the register, :func:`claim_hash` and :func:`in_words_of`, which import no
torch. Workers call :func:`told` for the registers of others, and :func:`start_worker`,
:func:`load`, :func:`verify`, :func:`replay`, :func:`told_otherwise`, :func:`contest` and
:func:`describe`. A test may put another module with the same functions in this one's place (its
dotted name is handed to the workers).
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import os
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from fieldcheck.ledger import records
from fieldcheck.ledger.errors import UserError, unknown
from fieldcheck.ledger.records import ClaimRow, Witness


def load(files: Sequence[str] = (), *, judging: bool = True) -> dict[str, Any]:
    """The claims: those of the register, or, if other registers are named, those of them alone;
    without ``judging``, for who runs none of their bodies.

    Each is a file (its name ends in .py), what an installed package offers under that name (entry
    point group ``fieldcheck.claims``), or an importable module or package.

    Raises:
        UserError: a register is missing, does not parse, raises, or breaks a rule for claims. The
            message names the file and the line.
    """
    from fieldcheck import register
    from fieldcheck.claim import ClaimError
    from fieldcheck.evidence import fingerprint

    fingerprint.forget()
    _forget()  # what an earlier call read from files: they may have changed, or be broken
    folder = Path(register.__file__).parent
    try:
        known = dict(register.load())  # also for a file: it may rest on claims of the register
    except Exception as fault:
        raise UserError(f"the register cannot be loaded: {_told(fault, folder)}") from None
    claims: dict[str, Any] = {} if files else known
    for name in files:
        claims.update(_load_file(Path(name)) if name.endswith(".py") else _load_module(name))
    try:
        fingerprint.note(claims.values() if judging else ())
    except ClaimError as fault:
        _forget()
        raise UserError(f"{', '.join(files)}, {fault}") from None
    return claims


def told(files: Sequence[str]) -> dict[str, Any]:
    """The same of other registers, as data (see :mod:`fieldcheck.ledger.told`)."""
    from fieldcheck.ledger.told import told as as_data

    return {name: as_data(claim) for name, claim in load(files).items()}


_FILES = "fieldcheck_claims_"
"""How the modules made from claims files begin."""

OFFERED = "fieldcheck.claims"
"""The entry points by which installed packages offer registers."""

_modules: set[str] = set()
"""The modules that were asked for as registers."""


def _forget() -> None:
    from fieldcheck.claim import registered

    def is_foreign(module: str) -> bool:
        return module.startswith(_FILES) or any(_lies_in(module, name) for name in _modules)

    for claim_id in [key for key, old in registered().items() if is_foreign(old.module)]:
        del registered()[claim_id]
    for name in [name for name in sys.modules if any(_lies_in(name, own) for own in _modules)]:
        del sys.modules[name]
    _modules.clear()


def _lies_in(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _load_module(name: str) -> dict[str, Any]:
    from importlib.metadata import entry_points

    from fieldcheck import register
    from fieldcheck.claim import registered
    from fieldcheck.evidence.clock import limited

    offered = {point.name: point.value for point in entry_points(group=OFFERED)}
    module_name = offered.get(name, name)
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    home = None if _lies_in(module_name, "fieldcheck") else _home(module_name)
    if home is None:
        raise unknown("claims file (its name ends in .py) or module", name, offered)
    _modules.add(module_name)
    try:
        with limited(LOADING), _kept_in():
            module = importlib.import_module(module_name)
            for inner in pkgutil.walk_packages(getattr(module, "__path__", []), f"{module_name}."):
                importlib.import_module(inner.name)
        register.load()
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # SystemExit too
        _forget()
        raise UserError(f"{name}: {_told(fault, home)}") from None
    found = {key: made for key, made in registered().items() if _lies_in(made.module, module_name)}
    if not found:
        raise UserError(f"{name} registers no claim: decorate a body with @claim(...)")
    return found


def _home(module_name: str) -> Path | None:
    """The folder of a module; None if there is no such module."""
    try:
        spec = importlib.util.find_spec(module_name)
    except (ImportError, ValueError):
        return None
    except Exception as fault:  # the package around it is imported, and may break
        raise UserError(f"{module_name}: {type(fault).__name__}: {fault}") from None
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


def _load_file(path: Path) -> dict[str, Any]:
    from fieldcheck import register
    from fieldcheck.claim import registered
    from fieldcheck.evidence.clock import limited

    if not path.is_file():
        raise UserError(f"no claims file {path}")
    module_name = _FILES + path.stem
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    folder = str(path.resolve().parent)
    if folder not in sys.path:
        sys.path.append(folder)  # a claims file may import what lies beside it
    try:
        with limited(LOADING), _kept_in():
            spec.loader.exec_module(module)
        register.load()  # completes the new claims and checks what they need
        found = {key: made for key, made in registered().items() if made.module == module_name}
    except KeyboardInterrupt:
        raise
    except BaseException as fault:  # SystemExit too: that a file ends the run is a fault of it
        _forget()
        raise UserError(_told(fault, path)) from None
    if not found:
        raise UserError(f"{path} registers no claim: decorate a body with @claim(...)")
    return found


LOADING = 60.0
"""Seconds of processor time for what a claims file does as it is read."""


@contextlib.contextmanager
def _kept_in() -> Iterator[None]:
    """A claims file that is read neither prints nor ends the process."""

    def end(code: int = 0) -> None:
        raise SystemExit(code)

    before, os._exit = os._exit, end  # type: ignore[assignment]
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield
    finally:
        os._exit = before


def _words(fault: BaseException) -> str:
    """The name of a fault and what it says, if it can."""
    name = type(fault).__name__
    try:
        return f"{name}: {fault}"
    except Exception:
        return name


def _told(fault: BaseException, where: Path) -> str:
    """A fault of a claims file in one line: its place in the file (or folder), and what it is."""
    from fieldcheck.claim import ClaimError

    if isinstance(fault, SyntaxError):
        line = f"{fault.filename}, line {fault.lineno}" if fault.filename else where
        return f"{line}: {fault.msg}"
    home = where.resolve()
    frames = traceback.extract_tb(fault.__traceback__)
    inside = [
        frame
        for frame in frames
        if home in (Path(frame.filename).resolve(), *Path(frame.filename).resolve().parents)
    ]
    what = str(fault) if isinstance(fault, ClaimError) else _words(fault)
    own = [frame for frame in inside if Path(frame.filename).name != "__init__.py"]
    if own:
        name = where if where.is_file() else own[-1].filename
        return f"{name}, line {own[-1].lineno}: {what}"
    return f"{where}: {what}" if where.is_file() else what


def claim_hash(claim: Any, profile: str, seed: int) -> str:
    """Hash of all that a row depends on; see :mod:`fieldcheck.evidence.fingerprint`."""
    from fieldcheck.evidence.fingerprint import claim_hash as compute

    return compute(claim, profile, seed)


DOORS = ("rows", "replay", "retold", "contest")
"""What a worker uses of ``fieldcheck.evidence``."""


def start_worker() -> None:
    """Prepare a worker: one thread, since there is a worker for each core; and the library is there
    before the code of others, so that it is seen what that changes."""
    import torch

    for name in DOORS:
        importlib.import_module(f"fieldcheck.evidence.{name}")
    torch.set_num_threads(1)
    sys.set_int_max_str_digits(100_000)  # exact numbers may be long; they are bounded by time


def verify(
    claim_id: str,
    profile: str,
    seed: int,
    stops: Mapping[str, str] | None = None,
    begun: Callable[[str], None] = lambda key: None,
) -> tuple[ClaimRow, dict[str, str]]:
    """Verify one claim: its row, typed and sealed, and the seconds spent on each of its forms.

    ``stops`` are forms that were stopped from outside, and why; ``begun`` hears of each other form
    as its turn comes.
    """
    from fieldcheck.evidence.rows import verify_claim

    row = dict(verify_claim(claim_id, profile, seed, stops=stops, begun=begun))
    seconds = {key: f"{float(value):.3f}" for key, value in row.pop("seconds", {}).items()}
    return records.sealed(row), seconds


def in_words_of(claim: Any, row: ClaimRow) -> ClaimRow | None:
    """A stored row with all that is no evidence taken from the register, and sealed again; None if
    its verdicts do not follow from its evidence, or its forms are not the claim's."""
    from fieldcheck.evidence.again import in_words_of as said

    stored = records.plain(row)
    found = said(claim, stored)
    return row if found == stored else None if found is None else records.sealed(found)


def describe(fault: BaseException) -> str:
    """A fault of the machine itself, in one line that says where it came from."""
    if isinstance(fault, records.BadRecord):
        return f"its row is not of the published form: {fault}"
    frames = traceback.extract_tb(fault.__traceback__)
    at = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(fault).__name__}: {fault}{at}"


def replay(form: Any, witness: Witness, digits: int) -> dict[str, Any]:
    """Rebuild a witness from its raw parameters; see :mod:`fieldcheck.evidence.replay`.

    Raises:
        UserError: the statement has changed, and the stored parameters do not fit it any more.
    """
    from fieldcheck.claim import ClaimError
    from fieldcheck.evidence.replay import replay as rebuild

    try:
        return rebuild(form, records.plain(witness), digits=digits)
    except ClaimError as fault:
        raise UserError(str(fault)) from None
    except Exception as fault:
        raise UserError(
            f"the stored witness of {form.key} does not fit the statement as it is now "
            f"({describe(fault)}): run `fieldcheck verify {form.claim_id}` first"
        ) from None


def told_otherwise(form: Any, witness: dict[str, Any]) -> list[str]:
    """What a stored witness says that its point does not give: see
    :mod:`fieldcheck.evidence.retold`."""
    from fieldcheck.evidence.retold import told_otherwise as compared

    return compared(form, witness)


def contest(claims: dict[str, Any], path: Path, digits: int) -> Any:
    """Judge a reader's own point; see :mod:`fieldcheck.evidence.contest`.

    Raises:
        UserError: the file does not read, or the point does not fit its form.
    """
    from fieldcheck.evidence.contest import ContestError, judge, read

    try:
        return judge(claims, read(path), digits)
    except ContestError as fault:
        raise UserError(str(fault)) from None
