"""The hub: what a repository holds, and single files of it, pinned by commit and by content.

Only safetensors, configurations, cards and licences are ever fetched. A token is the business of
huggingface_hub: it is taken from where its own login keeps it, never given on, and cut out of
everything that is said here.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ssldiff_gui.core.errors import DamagedModel, GatedModel, MissingModel, NoSpace, UnsafeFile
from ssldiff_gui.core.progress import Progress
from ssldiff_gui.core.specs import Licence
from ssldiff_gui.models.weights import sha256_of

HUB = "https://huggingface.co/"
SECONDS = 20.0
ROOM = 1 << 28
"""Bytes that stay free on the disk."""

_WANTED = re.compile(
    r"[\w.-]+\.safetensors|config\.json|preprocessor_config\.json|README\.md|LICEN[CS]E[\w.-]*",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"hf_[A-Za-z0-9]{6,}|(?<=[Bb]earer )\S+")
_FREE = {
    "apache-2.0",
    "mit",
    "bsd-2-clause",
    "bsd-3-clause",
    "cc0-1.0",
    "cc-by-4.0",
    "cc-by-sa-4.0",
}


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository: its size in bytes and its SHA-256, as far as the hub says them."""

    size: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Repository:
    """What a repository holds at one commit.

    Parameters
    ----------
    name
        OWNER/NAME.
    commit
        40 hexadecimal digits.
    files
        By name.
    licence
        As its card says; the gate is filled when one has to ask for access.
    """

    name: str
    commit: str
    files: dict[str, HubFile]
    licence: Licence


def look(repository: str, revision: str) -> Repository:
    """Ask the hub what a repository holds; nothing of it is downloaded.

    Parameters
    ----------
    repository
        OWNER/NAME.
    revision
        A commit or a branch.

    Raises
    ------
    GatedModel
        Its owners want to be asked first.
    MissingModel
        There is none, or the hub cannot be reached.
    """
    with _explaining(repository):
        from huggingface_hub import HfApi

        found = HfApi().model_info(
            repository, revision=revision, files_metadata=True, timeout=SECONDS
        )
    files = {
        sibling.rfilename: HubFile(sibling.size, sibling.lfs.sha256 if sibling.lfs else None)
        for sibling in found.siblings or []
    }
    commit = str(found.sha or "")
    if not re.fullmatch(r"[0-9a-f]{40}", commit):
        raise DamagedModel(
            f"The hub names no commit for {repository}, so that nothing could be pinned.",
            "Try again later.",
        )
    return Repository(repository, commit, files, _licence(repository, found))


def fetch(
    repository: Repository,
    name: str,
    folder: Path,
    *,
    sha256: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download one file at the repository's commit, and check it.

    Parameters
    ----------
    repository
        As `look` found it.
    name
        Of a file in its topmost folder.
    folder
        Where to; what is there of an interrupted download is used.
    sha256
        What its content must be; None takes what the hub says it is.
    progress
        Who watches, and may ask for an end.

    Raises
    ------
    UnsafeFile
        It is no kind of file that is fetched.
    DamagedModel
        Its content is not what was pinned.
    """
    if not _WANTED.fullmatch(name):
        raise UnsafeFile(
            name,
            f"{name} of {repository.name} is not fetched: only safetensors, configurations, "
            "cards and licences are.",
            "If it is a checkpoint, download it yourself and turn it into safetensors.",
        )
    expected = repository.files.get(name, HubFile(None, None))
    _check_room(folder, expected.size or 0)
    with _explaining(repository.name):
        from huggingface_hub import hf_hub_download

        path = Path(
            hf_hub_download(
                repository.name,
                name,
                revision=repository.commit,
                local_dir=folder,
                tqdm_class=_bar(progress),
            )
        )
    found = sha256_of(path)
    for wanted in (sha256, expected.sha256):
        if wanted is not None and found != wanted:
            path.unlink()
            raise DamagedModel(
                f"{name} of {repository.name} is not the file that was pinned: its SHA-256 is "
                f"{found[:12]}… and not {wanted[:12]}….",
                "Try again; when it stays so, the repository was changed: do not use it.",
            )
    return path


def scrubbed(text: str) -> str:
    """Return a text without anything that looks like a token."""
    return _TOKEN.sub("hf_…", text)


@contextmanager
def _explaining(repository: str) -> Iterator[None]:
    """Turn what huggingface_hub raises into errors that say what to do."""
    try:
        from huggingface_hub import errors
        from huggingface_hub.constants import is_offline_mode
    except ImportError as error:
        raise MissingModel(
            "Models cannot be downloaded: huggingface_hub is not installed.",
            "Install the extra: pip install 'ssldiff-gui[models]'.",
        ) from error
    if is_offline_mode():
        raise MissingModel(
            f"{repository} cannot be fetched: HF_HUB_OFFLINE asks to stay offline.",
            "Unset HF_HUB_OFFLINE, or copy a model folder from another computer.",
        )
    try:
        yield
    except errors.GatedRepoError as error:
        raise _gated(repository) from _without_token(error)
    except errors.RepositoryNotFoundError as error:
        raise MissingModel(
            f"There is no repository {repository} on the hub, or you may not see it.",
            "Check the name; if it is private, log in with `hf auth login`.",
        ) from _without_token(error)
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable(repository, "the network is gone") from _without_token(error)
    except (errors.RevisionNotFoundError, errors.EntryNotFoundError) as error:
        raise MissingModel(
            f"{repository} does not have that revision, or not that file, any more.",
            "Look at its page on the hub: its owners may have moved it.",
        ) from _without_token(error)
    except errors.HfHubHTTPError as error:
        status = getattr(error.response, "status_code", None)
        if status in {401, 403}:
            raise _gated(repository) from _without_token(error)
        raise _unreachable(repository, f"it answered {status}") from _without_token(error)
    except (vars(errors).get("HTTPError", OSError), OSError, ValueError, RuntimeError) as error:
        raise _unreachable(repository, scrubbed(str(error))[:200]) from _without_token(error)


def _gated(repository: str) -> GatedModel:
    page = HUB + repository
    return GatedModel(
        f"{repository} is given to those who accept its owners' terms, and you are not logged in "
        "as one of them.",
        f"Ask for access at {page}, then log in with `hf auth login` and try again.",
    )


def _unreachable(repository: str, reason: str) -> MissingModel:
    return MissingModel(
        f"{repository} cannot be fetched from the hub: {reason}.",
        "Check the network and try again; what was downloaded is kept.",
    )


def _without_token(error: BaseException) -> BaseException | None:
    """Return an error to chain, or nothing when its text holds a token."""
    text = str(error)
    return error if scrubbed(text) == text else None


def _licence(repository: str, found: Any) -> Licence:
    card = found.card_data
    told = {} if card is None else card.to_dict()
    name = str(told.get("license_name") or told.get("license") or "unknown")
    short = name.lower()
    commercial = True if short in _FREE else False if "-nc" in short else None
    gate = HUB + repository if found.gated else None
    url = str(told.get("license_link") or HUB + repository)
    return Licence(name=name, url=url, commercial=commercial, gate=gate)


def _check_room(folder: Path, size: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size + ROOM > free:
        raise NoSpace(
            f"The download needs {size / 1e9:.1f} GB and the disk of {folder} has "
            f"{free / 1e9:.1f} GB.",
            "Free some space, or set SSLDIFF_HOME to a folder on another disk.",
        )


def _bar(progress: Progress | None) -> Any:
    """Return a class that tells a `Progress` what huggingface_hub tells its bars."""
    from tqdm.std import tqdm  # type: ignore[import-untyped]

    class Reported(tqdm):  # type: ignore[misc]
        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **(options | {"disable": True}))
            self._whole = options.get("total") or 0
            self._have = options.get("initial") or 0

        def update(self, n: float | None = 1) -> None:
            self._have += n or 0
            if progress is not None:
                progress.check()
                progress.report(self._have, self._whole or self._have, "Downloading")

    return Reported
