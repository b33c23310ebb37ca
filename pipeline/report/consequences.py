"""Which exceptions only follow from others: what is blank, unclear or disputed is told once, and then stops many a
check from deciding."""

from collections.abc import Iterable

from pipeline.model import Check, Outcome, Programme

# The check functions that tell every blank, every doubtful reading and every conflict, each field once.
_TELL_ALL = frozenset({"complete", "readable", "copies_agree"})


def consequences(checks: Iterable[Check], programme: Programme) -> frozenset[str]:
    """The exception_ids of one application's checks that are undetermined for nothing but what others of them tell."""
    checks = tuple(checks)
    functions = {criterion.id: criterion.function for criterion in programme.criteria}
    telling = [check for check in checks if functions.get(check.check) in _TELL_ALL and check.exception_id]
    told = {name for check in telling for name in check.fields}
    return frozenset(
        check.exception_id
        for check in checks
        if check.outcome is Outcome.UNDETERMINED and check not in telling and check.fields and told >= {*check.fields}
    )
