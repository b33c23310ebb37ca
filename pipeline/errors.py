"""What can go wrong with us, not with an applicant's file (that is a Problem).

ShenbaoError
├── UsageError        a mistaken command line or setting          exit 2
├── ProgrammeError    a programme's files are wrong, all listed    exit 2
├── SourceError       a source cannot be opened                    exit 2
├── WorkspaceError    the workspace cannot be used, or is in use   exit 1
├── OutputError       the report cannot be written                 exit 1
├── LedgerImbalance   an input has no ledger row, or two           exit 1
└── ReviewDefect      an application could not be reviewed         exit 1
"""


class ShenbaoError(Exception):
    """The root; `exit_code` is what the command ends with."""

    exit_code = 1


class UsageError(ShenbaoError):
    exit_code = 2


class ProgrammeError(ShenbaoError):
    """Carries every mistake that was found, one a line."""

    exit_code = 2

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class SourceError(ShenbaoError):
    exit_code = 2


class WorkspaceError(ShenbaoError):
    pass


class OutputError(ShenbaoError):
    pass


class LedgerImbalance(ShenbaoError):
    pass


class ReviewDefect(ShenbaoError):
    pass
