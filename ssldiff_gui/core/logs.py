"""One rotating log file, and nothing secret in it."""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path

from ssldiff_gui.core.folders import log_folder

LOGGER = "ssldiff_gui"
FORMAT = "%(asctime)s %(levelname)-7s %(name)s [%(threadName)s] %(message)s"
LARGEST = 2 << 20
KEPT = 3

_SECRETS = re.compile(
    r"""(?ix)
    (?P<keep>
        \b(?:authorization|[\w-]*(?:token|password|passwd|secret|api[_-]?key|access[_-]?key))
        \b["']?\s*[:=]\s*["']?(?:bearer\s+|basic\s+)?
      | \bbearer\s+
      | ://[^/\s:@]+:(?=[^/\s@]+@)
      | [?&](?:sig|signature|x-amz-signature|x-amz-credential|key)=
    )
    [^\s"'&,;@]+
    | \b(?:hf_|ghp_|gho_|github_pat_|sk-|AKIA)[A-Za-z0-9_-]{8,}
    """
)


class _Discreet(logging.Formatter):
    """Writes times in full and blackens whatever looks like a secret, in tracebacks too."""

    default_msec_format = "%s.%03d"

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record))


class _OurFile(logging.handlers.RotatingFileHandler):
    """Told apart from handlers that others may have added."""


def log_path() -> Path:
    """Return where the log is, or will be."""
    return log_folder() / "studio.log"


def start_logging(level: int | str = logging.INFO) -> Path | None:
    """Begin to write the log; calling it again only changes the level or the place.

    Parameters
    ----------
    level
        What is too unimportant to be written is below it.

    Returns
    -------
    Path or None
        The file; None when none can be written, which keeps nobody from working.
    """
    logger = logging.getLogger(LOGGER)
    logger.setLevel(level)
    path = log_path()
    ours = [handler for handler in logger.handlers if isinstance(handler, _OurFile)]
    if [Path(handler.baseFilename) for handler in ours] == [path.absolute()]:
        return path
    stop_logging()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _OurFile(path, maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    except OSError as error:
        logger.warning("no log file: %s", error)
        return None
    handler.setFormatter(_Discreet(FORMAT))
    logger.addHandler(handler)
    logging.captureWarnings(capture=True)
    logging.getLogger("py.warnings").addHandler(handler)
    return path


def stop_logging() -> None:
    """Close the log file."""
    for name in (LOGGER, "py.warnings"):
        logger = logging.getLogger(name)
        for handler in [known for known in logger.handlers if isinstance(known, _OurFile)]:
            logger.removeHandler(handler)
            handler.close()
    logging.captureWarnings(capture=False)


def without_secrets(text: str) -> str:
    """Return a text with tokens, passwords and signed addresses blackened."""
    return _SECRETS.sub(lambda found: (found.group("keep") or "") + "•••", text)
