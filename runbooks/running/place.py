"""The folders of one step: made for it, open to nobody else, and removed with all that is in them."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Place:
    root: Path

    @property
    def work(self) -> Path:
        """Where the program stands, its HOME and its TMPDIR."""
        return self.root / "work"

    @property
    def programs(self) -> Path:
        """Holds a link for each program, by which it is started."""
        return self.root / "program"

    def link(self, name: str, descriptor: int) -> Path:
        """A path with the program's own name that leads to the open file, whatever stands where it was found.

        A script, and its interpreter, come through it too, so what was hashed is what is read. Programs that look at
        their own name find it; `readlink -f` leads to the true file.
        """
        folder = self.programs / str(descriptor)
        folder.mkdir(0o700)
        path = folder / name.rsplit("/", 1)[-1]
        path.symlink_to(f"/proc/self/fd/{descriptor}")
        return path


@contextmanager
def place() -> Iterator[Place]:
    """A place of mode 700 below TMPDIR, until the end of the block. Raises OSError where none can be made."""
    made = Place(Path(os.path.realpath(tempfile.mkdtemp(prefix="first-responder-step-"))))
    try:
        made.work.mkdir(0o700)
        made.programs.mkdir(0o700)
        yield made
    finally:
        _remove(made.root)


def _remove(root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    if root.exists():  # a program may have taken away its own right to remove
        for folder, _, _ in os.walk(root):
            Path(folder).chmod(0o700)
        shutil.rmtree(root, ignore_errors=True)
