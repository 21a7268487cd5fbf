"""The file with the hub's secret key: made once, readable by its owner only.

It stores and returns text. What the key is for and how one is made is the store's
business.
"""

from __future__ import annotations

import os
from pathlib import Path

from .problems import SettingsProblem
from .settings import HubSettings

_OWNER_ONLY = 0o600


def read_secret_key(settings: HubSettings) -> str:
    """Return the key: the setting, or else what the key file holds.

    Raises:
        SettingsProblem: there is none yet, or it cannot be read.
    """
    given = settings.secret_key.get_secret_value()
    if given:
        return given
    path = settings.secret_key_file
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        remedy = f"there is no {path} either; run crossdock init"
    except (OSError, UnicodeDecodeError) as error:
        remedy = f"{path} cannot be read: {error}"
    raise SettingsProblem(key="secret_key", allowed=remedy)


def keep_secret_key(settings: HubSettings, key: str) -> Path:
    """Write ``key`` to the key file of the home folder and return its path.

    Raises:
        FileExistsError: there is a key already; replacing it would lock away every
            secret that was encrypted with it.
    """
    path = settings.secret_key_file
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key + "\n")
    return path
