"""The workspace's last run, and what it found."""

import getpass
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager

from flows.fetched import Fetched
from flows.lock import hold
from flows.settings import Settings
from pipeline.codec import decode
from pipeline.errors import UsageError
from pipeline.ledger import Ledger, open_workspace
from pipeline.model import Run
from pipeline.programme import load_programme
from pipeline.registries import Registries
from pipeline.snapshots import Contents, Snapshot


def open_last(settings: Settings) -> Ledger:
    """The ledger of a workspace that is there already. Raises UsageError when it is not."""
    _demand_workspace(settings)
    return open_workspace(settings.workspace, settings.database_url)


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """A workspace that is there already, held meanwhile, so that no other command works in it. Raises UsageError when
    there is none, WorkspaceError when another command works in it."""
    _demand_workspace(settings)
    with hold(settings.workspace):
        yield


@contextmanager
def last_held(settings: Settings) -> Iterator[Ledger]:
    """Its ledger, held meanwhile. Raises as `held`."""
    with held(settings), closing(open_last(settings)) as ledger:
        yield ledger


def _demand_workspace(settings: Settings) -> None:
    if not settings.workspace.is_dir():
        raise UsageError(f"there is no workspace {settings.workspace}; `shenbao run` makes one")


def last_run(ledger: Ledger, programme: str) -> Run:
    """The newest run of a programme. Raises UsageError when there is none."""
    run = next((run for run in reversed(ledger.runs()) if run.programme == programme and run.inputs_key), None)
    if run is None:
        raise UsageError(f"the workspace holds no run of {programme}; `shenbao run` comes first")
    return run


def run_called(name: str, ledger: Ledger) -> Run:
    """The run with this id, or the only one whose id begins so. Raises UsageError."""
    found = [run for run in ledger.runs() if run.run_id == name or (name and run.run_id.startswith(name))]
    exact = [run for run in found if run.run_id == name]
    if len(exact or found) != 1:
        raise UsageError(f"{'several runs begin with' if found else 'there is no run'} {name}; see `shenbao runs`")
    return (exact or found)[0]


def registries_of(run: Run, ledger: Ledger) -> Registries | None:
    """The lists that a run was given."""
    found = ledger.results([run.registries]).get(run.registries)
    return None if found is None else decode(Registries, found)


def has_run(settings: Settings) -> bool:
    """Whether the workspace holds a run of the programme."""
    programme = load_programme(settings.programme)
    with closing(open_workspace(settings.workspace, settings.database_url)) as ledger:
        return any(run.programme == programme.id and run.inputs_key for run in ledger.runs())


def snapshots_of(contents: Contents, ledger: Ledger) -> Mapping[str, Snapshot]:
    """What a run's applications said, by their ids and by their first ids."""
    keys = {id_: kept.snapshot for kept in contents.applications for id_ in (kept.first_id, kept.application_id)}
    return Fetched(keys, lambda key: decode(Snapshot, ledger.result(key)))


def login() -> str:
    """Who is working, where nobody is named."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without a name
        return "unknown"
