"""A connector of somebody else, installed beside the hub, found by its entry point."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from crossdock.cli.scaffold import write_connector

Crossdock = Callable[..., Any]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which a scaffolded package was installed as pip installs it."""
    home = tmp_path_factory.mktemp("third-party")
    write_connector("bazaar", home / "source")
    how = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet"]
    subprocess.run(
        [sys.executable, "-m", "pip", "install", *how, "--target", "site", "./source"],
        cwd=home,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return home / "site"


@pytest.fixture
def crossdock(installed: Path, tmp_path: Path) -> Crossdock:
    """Run a command of a hub that can import the package; return its JSON."""
    settings = tmp_path / "crossdock.toml"
    settings.write_text('home = "."\n[network]\nallow_private = true\n')
    command = Path(sys.executable).with_name("crossdock")

    def run(*words: str) -> Any:
        done = subprocess.run(
            [command, "--config", settings, *words, "--json"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PYTHONPATH": str(installed)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    return run


@pytest.fixture
def account(installed: Path) -> Iterator[tuple[str, str]]:
    """Address and token of the package's own simulator, which has one order."""
    with subprocess.Popen(
        [sys.executable, "-m", "crossdock_bazaar.simulator"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
    ) as served:
        assert served.stdout is not None
        address, token = served.stdout.readline().split()
        yield address, token
        served.terminate()


def test_it_is_listed_with_its_tier_and_what_it_can(crossdock: Crossdock) -> None:
    (listed,) = [one for one in crossdock("connectors") if one["kind"] == "bazaar"]
    assert listed["tier"] == "bronze"
    assert listed["api_version"] == "1"
    assert listed["contract_operations"] == 6
    assert listed["distribution"] == "crossdock-bazaar 0.1.0"
    assert "PullsOrders" in listed["capabilities"]


def test_it_can_be_added_and_its_orders_are_pulled(
    crossdock: Crossdock, account: tuple[str, str]
) -> None:
    address, token = account
    crossdock("init")
    crossdock(
        "channels", "add", "bazaar", "--name", "stand",
        "--set", f"address={address}", "--set", f"token={token}",
    )  # fmt: skip
    crossdock("pull", "stand")
    assert crossdock("explain", "order", "o1")
    assert crossdock("fsck")
