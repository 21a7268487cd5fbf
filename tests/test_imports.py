"""Import directions: the contracts hold, and each of them notices when they do not.

The contracts stand in ``.importlinter``. A contract that never fails proves nothing, so
one violation of each is planted in a copy of the package.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CONTRACTS = REPOSITORY / ".importlinter"
_NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "tests", "docs", "*.md")

PLANTED = (
    # upwards, between strangers, to the terminal, and a package without a layer
    ("canonical/planted_layer.py", "from ..connectors import sdk"),
    ("store/planted_stranger.py", "from ..connectors import sdk"),
    ("web/planted_terminal.py", "from ..cli import planted"),
    ("warehouse/__init__.py", ""),
    ("connectors/shopify/planted.py", "from ..woocommerce import planted"),
    # out of pure code, directly and in steps
    ("sync/decide/planted_random.py", "import random"),
    ("mapping/planted_transport.py", "from ..connectors import transport"),
    ("simulators/planted.py", "from ..canonical import money"),
    ("cli/planted.py", "from ..simulators import planted"),
    ("sync/planted.py", "import sqlalchemy"),
    ("web/planted.py", "import httpx"),
    ("sync/planted_clock.py", "import apscheduler"),
    ("connectors/planted.py", "import fastapi"),
    ("connectors/woocommerce/planted.py", ""),
)


def run_contracts(folder: Path) -> str:
    """Return what import-linter says of the package that ``folder`` holds."""
    command = [
        sys.executable,
        "-c",
        "import sys; from importlinter.cli import lint_imports_command as run; run()",
        "--no-cache",
        "--config",
        str(CONTRACTS),
    ]
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    answer = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return answer.stdout + answer.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package in a folder that Python looks into first."""
    shutil.copytree(REPOSITORY, tmp_path / "crossdock", ignore=_NOT_COPIED)
    return tmp_path


def test_every_import_goes_in_an_allowed_direction(copy: Path) -> None:
    said = run_contracts(copy)
    assert "kept, 0 broken" in said, said


def test_every_contract_notices_a_planted_violation(copy: Path) -> None:
    for name, line in PLANTED:
        path = copy / "crossdock" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'"""Planted."""\n{line}\n', encoding="utf-8")
    said = run_contracts(copy)
    contracts = re.findall(r"^name = (.+)$", CONTRACTS.read_text("utf-8"), re.MULTILINE)
    assert contracts
    for contract in contracts:
        assert re.search(rf"{re.escape(contract)} .*BROKEN", said), contract
    for name, line in PLANTED:
        module = "crossdock." + name.removesuffix(".py").replace("/", ".")
        assert not line or module in said, f"nobody noticed {module}: {said}"


def test_every_channel_kind_is_declared_a_stranger() -> None:
    text = CONTRACTS.read_text(encoding="utf-8")
    kinds = [
        path.parent.name for path in (REPOSITORY / "connectors").glob("*/quality.yaml")
    ]
    missing = [
        kind for kind in kinds if f"    crossdock.connectors.{kind}\n" not in text
    ]
    assert missing == [], f"name them in the contract of the kinds: {missing}"
