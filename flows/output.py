"""Where a command leaves its files; what cannot be written there is told in one way."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import OutputError
from pipeline.files import private_folder


@contextmanager
def told_as_output_error(out: Path) -> Iterator[None]:
    """Raises OutputError for what cannot be written."""
    try:
        yield
    except OSError as error:
        raise OutputError(f"{error.filename or out} cannot be written: {error.strerror}") from error


def output_folder(out: Path) -> Path:
    """The folder, made where it is not there yet: before hours of reading, and not after them. Raises OutputError."""
    with told_as_output_error(out):
        return private_folder(out)
