"""Makes ``.venv`` with the pinned dependencies and this checkout; run by ``setup``.

Only the standard library, and nothing of Crossdock: it runs before anything is there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ENVIRONMENT = REPOSITORY / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
STAMP = ENVIRONMENT / "crossdock-stamp"
REQUIREMENTS = REPOSITORY / "requirements" / "all.txt"
LINK = REPOSITORY / ".build" / "types" / "crossdock"
LOCK = REPOSITORY / ".build" / "environment.lock"


def describe_wanted() -> str:
    """Return what the environment must have been made from to be right.

    The path belongs to it: an environment that was moved with its folder is broken.
    """
    digest = hashlib.sha256(str(REPOSITORY).encode())
    for path in (REQUIREMENTS, REPOSITORY / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def is_right(wanted: str) -> bool:
    """Whether the environment exists and was finished from the same files."""
    try:
        return STAMP.read_text() == wanted and LINK.exists() and PYTHON.exists()
    except FileNotFoundError:
        return False


def starts() -> bool:
    """Whether the environment's interpreter runs and is new enough."""
    question = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    try:
        answer = subprocess.run(
            [PYTHON, "-c", question], check=False, capture_output=True
        )
    except OSError:
        return False
    return answer.returncode == 0


def install(*arguments: str) -> None:
    """Run the environment's pip with ``arguments``; what it says goes to stderr."""
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--no-input"]
    subprocess.run(
        [*command, "--disable-pip-version-check", *arguments],
        cwd=REPOSITORY,
        stdout=sys.stderr,
        check=True,
    )


def make_environment(wanted: str) -> None:
    """Create or mend the environment; the stamp comes last, so it is never half."""
    STAMP.unlink(missing_ok=True)
    if not starts():
        print(f"Making {ENVIRONMENT} ...", file=sys.stderr)
        venv.create(ENVIRONMENT, clear=True, symlinks=True, with_pip=True)
    print("Installing the pinned dependencies (once) ...", file=sys.stderr)
    install("--require-hashes", "-r", str(REQUIREMENTS))
    install("--no-deps", "--no-build-isolation", "--editable", ".")
    # Type checkers cannot follow an editable install: they get the package by its name.
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if not LINK.exists():
        LINK.symlink_to(os.path.relpath(REPOSITORY, LINK.parent))
    STAMP.write_text(wanted)


def main() -> int:
    """Make the environment right; return the exit code."""
    wanted = describe_wanted()
    if is_right(wanted):
        return 0
    # Held until this process ends, however it ends: a second call waits for the first.
    LOCK.parent.mkdir(exist_ok=True)
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_right(wanted):
            return 0
        try:
            make_environment(wanted)
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"The environment could not be made: {error}", file=sys.stderr)
            print(
                "Look at the lines above; most often the package index cannot be "
                "reached. Then run the same command again.",
                file=sys.stderr,
            )
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
