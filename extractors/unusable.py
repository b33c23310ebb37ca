"""The one way in which a file turns out to be of no use."""

from pipeline.model import Problem


class Unusable(Exception):
    """A file that cannot be used; carries the finding that its Document gets."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(code, message)
