"""The folder into which the processes of a machine count together.

prometheus_client looks for it once, when it is imported: nothing here may import that library.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_MEMORY = Path("/dev/shm")  # noqa: S108  # the folder in it is checked to be ours


def make_folder(directory: Path) -> Path:
    """The folder of the installation in a data directory, emptied of the dead.

    It lies in memory where it can: writing to a mapped file ends the process when the disk is full.
    """
    folder = _in_memory(directory) or _on_disk(directory)
    for file in folder.glob("*.db"):
        if not _is_alive(file.stem.rpartition("_")[2]):
            file.unlink(missing_ok=True)
    return folder


def remove_folder(directory: Path) -> None:
    """Leave nothing in memory of an installation that will not be started again."""
    shutil.rmtree(_place_in_memory(directory), ignore_errors=True)


def _place_in_memory(directory: Path) -> Path:
    name = hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
    return _MEMORY / f"provisioner-{os.getuid()}-{name}"


def _in_memory(directory: Path) -> Path | None:
    """A folder of this installation in shared memory, ours alone; None where there is no such place."""
    folder = _place_in_memory(directory)
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return None
    mine = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    return folder if mine else None


def _on_disk(directory: Path) -> Path:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = directory / "metrics"
    folder.mkdir(exist_ok=True)
    return folder


def _is_alive(process: str) -> bool:
    """Whether a file's process still counts; what bears our own number is of one that had it before us."""
    return not process.isdecimal() or (process != str(os.getpid()) and Path("/proc", process).exists())
