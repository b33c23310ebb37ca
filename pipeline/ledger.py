"""The one memory: blobs by sha256 in a folder, everything else in a database that only grows."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from pipeline.blobs import read_blob
from pipeline.codec import decode, encode
from pipeline.errors import WorkspaceError
from pipeline.files import private_folder
from pipeline.model import Check, Correction, Decision, Document, JournalEntry, Letter, Run, Submission, Taken
from pipeline.snapshots import Contents

_BUSY_SECONDS = 60
_BATCH = 500  # keys a query

_metadata = sa.MetaData()
_row_id = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_submissions = sa.Table(
    "submissions",
    _metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("submission_id", sa.String(64), nullable=False, index=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
_documents = sa.Table(
    "documents",
    _metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("reader", sa.String(255), nullable=False),
    sa.Column("first_page", sa.BigInteger, nullable=False),
    sa.Column("last_page", sa.BigInteger, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
    sa.Index("documents_by_file", "sha256", "reader", "first_page", "last_page"),
)
_runs = sa.Table(
    "runs",
    _metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("run_id", sa.String(64), nullable=False, unique=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
_contents = sa.Table(
    "contents",
    _metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("run_id", sa.String(64), nullable=False, unique=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
# What is slow and pure, by a digest of everything that it depends on.
_results = sa.Table(
    "results",
    _metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
_journal = sa.Table(
    "journal",
    _metadata,
    sa.Column("id", _row_id, primary_key=True),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
_ENTRIES: Mapping[str, type[JournalEntry]] = {kind.__name__: kind for kind in (Correction, Decision, Taken, Letter)}


# --- the ledger -----------------------------------------------------------------------------------------


class Ledger:
    """Submissions, documents, results, runs and the staff's journal in a database, blobs beside it. Nothing is
    changed or deleted.

    `url` is a SQLAlchemy URL (SQLite or PostgreSQL). Raises WorkspaceError when it cannot be used.
    """

    def __init__(self, url: str, blob_dir: Path) -> None:
        self.blob_dir = blob_dir
        try:
            private_folder(blob_dir)
            is_sqlite = sa.make_url(url).get_backend_name() == "sqlite"
            self._engine = sa.create_engine(url, connect_args={"timeout": _BUSY_SECONDS} if is_sqlite else {})
            _metadata.create_all(self._engine)
        except (OSError, sa.exc.SQLAlchemyError) as error:
            raise WorkspaceError(f"The ledger cannot be opened: {_cause(error)}") from error

    def close(self) -> None:
        self._engine.dispose()

    def get_blob(self, sha256: str) -> bytes:
        return read_blob(self.blob_dir, sha256)

    def put_document(self, document: Document, pages: range) -> str:
        """Remembers what a reader read of `pages` (counted from 1), and returns a digest of it; another reading is
        added after the older."""
        key, content = _document_key(document.sha256, document.reader, pages), encode(document)
        if self._newest(_documents, key) != content:
            self._insert(_documents, [{**key, "content": content}])
        return hashlib.sha256(content).hexdigest()

    def get_document(self, sha256: str, reader: str, pages: range) -> Document | None:
        content = self._newest(_documents, _document_key(sha256, reader, pages))
        return None if content is None else decode(Document, content)

    def document_digest(self, sha256: str, reader: str, pages: range) -> str | None:
        """The digest of what `get_document` gives, without reading through it."""
        content = self._newest(_documents, _document_key(sha256, reader, pages))
        return None if content is None else hashlib.sha256(content).hexdigest()

    def put_submission(self, submission: Submission) -> None:
        """Remembers a submission; a changed one is added after the older."""
        key, content = {"submission_id": submission.submission_id}, encode(submission)
        if self._newest(_submissions, key) != content:
            self._insert(_submissions, [{**key, "content": content}])

    def get_submission(self, submission_id: str) -> Submission | None:
        content = self._newest(_submissions, {"submission_id": submission_id})
        return None if content is None else decode(Submission, content)

    def put_run(self, run: Run, contents: Contents) -> None:
        """Remembers a run and what it found, both or neither."""
        with _told_as_workspace_error(), self._engine.begin() as connection:
            connection.execute(_runs.insert(), [{"run_id": run.run_id, "content": encode(run)}])
            connection.execute(_contents.insert(), [{"run_id": run.run_id, "content": encode(contents)}])

    def runs(self) -> tuple[Run, ...]:
        """All runs, the oldest first."""
        with _told_as_workspace_error(), self._engine.connect() as connection:
            contents = connection.scalars(sa.select(_runs.c.content).order_by(_runs.c.id))
            return tuple(decode(Run, content) for content in contents)

    def contents(self, run_id: str) -> Contents:
        """What a run found. Raises WorkspaceError when there is no such run."""
        content = self._newest(_contents, {"run_id": run_id})
        if content is None:
            raise WorkspaceError(f"The workspace holds nothing of a run {run_id}")
        return decode(Contents, content)

    def checks(self, run_id: str) -> Iterator[Check]:
        """The checks of one run in the report's order, fetched as they are asked for."""
        keys = self.contents(run_id).check_keys
        return (check for key in keys for check in decode(tuple[Check, ...], self.result(key)))

    def put_results(self, results: Mapping[str, bytes]) -> None:
        """Remembers results by their keys; what is known under a key stays."""
        known = self.known(results)
        self._insert(_results, [{"key": key, "content": results[key]} for key in results if key not in known])

    def results(self, keys: Iterable[str]) -> dict[str, bytes]:
        """The results that are known, by key."""
        return dict(self._under(keys, _results.c.key, _results.c.content))

    def result(self, key: str) -> bytes:
        """One result. Raises WorkspaceError when it is not known."""
        content = self._newest(_results, {"key": key})
        if content is None:
            raise WorkspaceError(f"The workspace lost the result {key}; run again")
        return content

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys under which a result is known."""
        return {key for key, *_ in self._under(keys, _results.c.key)}

    def write_journal(self, entries: Iterable[JournalEntry]) -> None:
        """Adds what staff decided, all or nothing."""
        self._insert(_journal, [{"kind": type(entry).__name__, "content": encode(entry)} for entry in entries])

    def journal(self, length: int | None = None) -> tuple[JournalEntry, ...]:
        """The staff's journal, the oldest entry first; the first `length` entries as a run of that time knew them."""
        query = sa.select(_journal.c.kind, _journal.c.content).order_by(_journal.c.id).limit(length)
        with _told_as_workspace_error(), self._engine.connect() as connection:
            return tuple(decode(_ENTRIES[kind], content) for kind, content in connection.execute(query))

    def _under(self, keys: Iterable[str], *columns: sa.Column[Any]) -> Iterator[Any]:
        """These columns of the results that are known under the keys."""
        wanted = iter(dict.fromkeys(keys))
        with _told_as_workspace_error(), self._engine.connect() as connection:
            while batch := tuple(islice(wanted, _BATCH)):
                yield from connection.execute(sa.select(*columns).where(_results.c.key.in_(batch)))

    def _newest(self, table: sa.Table, key: Mapping[str, str | int]) -> bytes | None:
        query = sa.select(table.c.content).filter_by(**key)
        if "id" in table.c:
            query = query.order_by(table.c.id.desc()).limit(1)
        with _told_as_workspace_error(), self._engine.connect() as connection:
            content: bytes | None = connection.scalar(query)
            return content

    def _insert(self, table: sa.Table, rows: list[dict[str, object]]) -> None:
        if not rows:
            return
        with _told_as_workspace_error(), self._engine.begin() as connection:
            connection.execute(table.insert(), rows)


@contextmanager
def _told_as_workspace_error() -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        raise WorkspaceError(f"The ledger's database failed: {_cause(error)}") from error


def _cause(error: Exception) -> str:
    """What the database or the system said, in a line. The whole message would repeat the statement and what was to
    be stored, which is applicants' data."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]


def _document_key(sha256: str, reader: str, pages: range) -> Mapping[str, str | int]:
    return {"sha256": sha256, "reader": reader, "first_page": pages.start, "last_page": pages.stop - 1}


def open_workspace(directory: Path, url: str | None = None) -> Ledger:
    """The ledger of a workspace folder, made for the owner only; `url` names another database than its SQLite
    file. Raises WorkspaceError."""
    database = directory / "ledger.sqlite"
    try:
        private_folder(directory)
        if not url:
            database.touch(mode=0o600)
    except OSError as error:
        raise WorkspaceError(f"The workspace {directory.name} cannot be made: {error.strerror}") from error
    return Ledger(url or f"sqlite:///{database}", directory / "blobs")
