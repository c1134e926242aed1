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


class NewerFile(FileProblem):
    """The file was written by a later version of the studio than this one."""


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


class BadGrid(UserError):
    """A grid that cannot be used: wrong shape, NaN or infinity, another file's content."""


class IncompatibleGrid(UserError):
    """A grid whose encoder, cell or scale is not the one that a model was trained on."""


class BadEdits(UserError):
    """A script of edits that cannot be understood, or that does not fit its grid."""


class BadRequest(UserError):
    """Settings that do not go together; the message names the one to change."""


class MissingModel(UserError):
    """No model of that name is installed."""


class GatedModel(MissingModel):
    """A model that its owners give to those who accept their terms."""


class DamagedModel(UserError):
    """A model folder whose content is not what its hashes say."""


class UnsafeFile(FileProblem):
    """A file that could run code when it is read: a pickle, under whatever name."""


class MissingPart(UserError):
    """An optional part of the installation is wanted and not there."""


class NeedsConsent(UserError):
    """A request that costs much; it is run when the person says yes."""


class NoSpace(UserError):
    """The disk has no room for what was asked, or has run full on the way."""


class AlreadyThere(FileProblem):
    """Something of that name exists and is not written over."""


class InUse(FileProblem):
    """Another program is writing to it; the message says which."""


class OutOfMemory(UserError):
    """The device or the machine has no memory for what was asked."""


class WorkerLost(UserError):
    """The process that computes ended, or hung, in the middle of a job."""


class BadNumbers(UserError):
    """A network answered with NaN or infinity, in full precision too."""


class Cancelled(UserError):
    """Somebody asked for an end; what was finished stays."""


class BadRecord(UserError):
    """A recipe that cannot be understood, or that does not belong to its grid."""


class NoRecipe(FileProblem):
    """A file that does not say how it was made; it may well be a real picture."""


class UnknownWeights(FileProblem):
    """A checkpoint with a tensor too many, too few, or of another shape than it should have."""


class Unfinished(UserError):
    """A canvas of which parts are still to be rendered."""


class ConversionFailed(FileProblem):
    """A checkpoint whose conversion came to an end without an answer."""
