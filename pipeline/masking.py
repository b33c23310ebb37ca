"""Private numbers out of what is logged: phone numbers, identity numbers, bank accounts, mail addresses."""

import logging
import re

# An identity number (GB 11643-1999), a card number of 16 to 19 digits in groups or whole, a mobile number with or
# without +86, a landline with its area code. What a USCC or a sha256 is has letters beside its digits, and stays.
_PRIVATE = re.compile(
    r"(?<![0-9A-Za-z])(?:"
    r"\d{17}[\dXx]"
    r"|\d{4}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?"
    r"|(?:\+?86[ -]?)?1[3-9]\d(?:[ -]?\d{4}){2}"
    r"|\(?0\d{2,3}\)?[ -]?\d{7,8}"
    r")(?![0-9A-Za-z])"
)
_ADDRESS = re.compile(r"[\w.+-]+@(?=[\w-]+(?:\.[\w-]+)+)")


def masked(text: str) -> str:
    """The text with all but the last two digits of each private number as stars, and mail addresses without their
    user."""
    text = _PRIVATE.sub(lambda found: _stars(found[0]), text)
    return _ADDRESS.sub("***@", text)


def _stars(number: str) -> str:
    return re.sub(r"[\dXx]", "*", number[:-2]) + number[-2:]


def mask_logs() -> None:
    """Makes every record that any logger of this process creates a masked one, its traceback included."""
    make = logging.getLogRecordFactory()
    if getattr(make, "masks", False):
        return

    def make_masked(*arguments: object, **named: object) -> logging.LogRecord:
        record = make(*arguments, **named)
        try:
            record.msg = masked(record.getMessage())
        except (TypeError, ValueError):  # its own arguments do not fit
            record.msg = masked(f"{record.msg} {record.args}")
        record.args = ()
        if record.exc_info:
            record.exc_text = masked(logging.Formatter().formatException(record.exc_info))
        return record

    make_masked.masks = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(make_masked)
