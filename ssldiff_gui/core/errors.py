"""Errors a person can act on: each says what happened and what to do next."""

from __future__ import annotations

from pathlib import Path


class UserError(Exception):
    """Something a person can mend.

    Parameters
    ----------
    message
        What happened, in one sentence, for a person.
    hint
        What to do next, in one sentence.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class FileProblem(UserError):
    """A file that cannot be used; the message names it."""

    def __init__(self, path: Path | str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.path = Path(path)


class MissingFile(FileProblem):
    """Nothing is there, or it may not be read."""


class RemoteFile(FileProblem):
    """An address was given where a local file is expected."""


class UnsupportedFile(FileProblem):
    """The file is whole as far as can be told, but no reader here knows it."""


class BrokenFile(FileProblem):
    """The file is empty, truncated or damaged."""


class EncryptedFile(FileProblem):
    """The file is protected."""


class OversizedFile(FileProblem):
    """The file claims more than this machine can hold."""


class ChangedFile(FileProblem):
    """The file is not the one that was opened, or referred to, any more."""


class ClosedFile(FileProblem):
    """The file was closed here while somebody still wanted its pixels."""


class BadAnnotations(FileProblem):
    """A file of annotations that cannot be understood."""


class OversizedRequest(UserError):
    """More pixels at once than this machine should be asked for."""
