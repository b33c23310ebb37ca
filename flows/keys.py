"""The passwords that a run may try: those of its --passwords file, and those that stand in the mails themselves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from flows.receiving import receive_again
from flows.settings import Settings
from pipeline.errors import UsageError
from pipeline.intake import at_hand, has_locked
from pipeline.ledger import Ledger
from pipeline.mail import plain_text
from pipeline.media import HTML
from pipeline.model import Submission
from pipeline.names import decode_text
from pipeline.passwords import Keyring, keyring


def open_locked(submissions: Sequence[Submission], ledger: Ledger, settings: Settings) -> tuple[Submission, ...]:
    """The submissions, those received again in which an archive is locked that a password is now known for. Where one
    has not its text at hand, the ledger has it."""
    keys = _keys(submissions, ledger, settings)
    locked = [(one, passwords) for one in submissions if has_locked(one) and (passwords := keys.of(one))]
    again = receive_again(locked, ledger.blob_dir, settings.process_limits, settings.intake_limits)
    opened = {submission.submission_id: submission for submission in again}
    for submission in opened.values():
        ledger.put_submission(submission)
    return tuple(at_hand(opened.get(submission.submission_id, submission)) for submission in submissions)


def passwords_of_files(
    submissions: Sequence[Submission], ledger: Ledger, settings: Settings
) -> Mapping[str, tuple[str, ...]]:
    """What may open each file, by sha256: the words of every mail that brought it."""
    keys = _keys(submissions, ledger, settings)
    found: dict[str, dict[str, None]] = {}
    for submission in submissions:
        words = dict.fromkeys(keys.of(submission))
        for item in submission.items:
            found.setdefault(item.sha256, {}).update(words)
    return {sha256: tuple(words) for sha256, words in found.items()}


def _keys(submissions: Sequence[Submission], ledger: Ledger, settings: Settings) -> Keyring:
    texts = ((submission, "\n".join(_words(submission, ledger))) for submission in submissions)
    return keyring(texts, load_passwords(settings.passwords) if settings.passwords else ())


def load_passwords(file: Path) -> tuple[str, ...]:
    """One a line; UTF-8 or GB 18030, as Windows' editor writes it. Raises UsageError when it cannot be read."""
    try:
        lines = decode_text(file.read_bytes()).splitlines()
    except OSError as error:
        raise UsageError(f"--passwords {file}: {error.strerror}") from error
    return tuple(dict.fromkeys(line.strip() for line in lines if line.strip()))


def _words(submission: Submission, ledger: Ledger) -> Iterator[str]:
    """The mail's own words, and those of the mails that are enclosed in it."""
    stored = None if submission.text else ledger.get_submission(submission.submission_id)
    yield stored.text if stored else submission.text
    whole = submission.items[0].ledger_id if submission.items else ""
    for item in submission.items:
        if item.is_body and item.parent != whole:
            text = decode_text(ledger.get_blob(item.sha256))
            yield plain_text(text) if item.media_type == HTML else text
