"""What a merchant can set, with its meaning, unit and default.

Only the model; ``load`` reads the file and the environment into it. Channels are not
settings: they are added with a command, and their secrets lie encrypted in the
database.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ENVIRONMENT_PREFIX = "CROSSDOCK_"
SECTION_SEPARATOR = "__"


class Section(BaseModel):
    """Base of each table of the settings file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DatabaseSettings(Section):
    """Where the hub remembers."""

    url: SecretStr = Field(
        default=SecretStr(""),
        description="Database: sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME. "
        "Empty: crossdock.sqlite3 in the home folder.",
    )

    @field_validator("url")
    @classmethod
    def _check_url(cls, url: SecretStr) -> SecretStr:
        text = url.get_secret_value()
        scheme, separator, rest = text.partition("://")
        if not text or scheme == "sqlite":
            return url
        if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
            return SecretStr(f"postgresql+psycopg://{rest}")
        raise ValueError("sqlite:///PATH or postgresql://USER:PASSWORD@HOST/NAME")


class ServerSettings(Section):
    """Where the hub listens."""

    host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address that the hub listens on. The default is reachable from "
        "this machine only.",
    )
    port: int = Field(
        default=8321, ge=1, le=65535, description="Port that the hub listens on."
    )
    public_url: str = Field(
        default="",
        description="Address under which channels reach this hub from the internet; "
        "webhooks are subscribed with it. Empty: no webhooks, orders are pulled.",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, url: str) -> str:
        parts = urlsplit(url)
        usable = parts.scheme in ("https", "http") and parts.hostname
        if url and (not usable or parts.query or parts.fragment):
            raise ValueError("https://HOST, with a path if there is one, or empty")
        return url.rstrip("/")


class ScheduleSettings(Section):
    """How often the clock looks at what nothing else has announced."""

    pull_seconds: int = Field(
        default=60, ge=5, le=86_400, description="Pause between two pulls of orders."
    )
    listings_seconds: int = Field(
        default=3600, ge=60, le=604_800, description="Pause between two listing scans."
    )
    read_back_seconds: int = Field(
        default=900,
        ge=30,
        le=86_400,
        description="Pause between two comparisons of what channels show with what "
        "they were given.",
    )
    subscriptions_seconds: int = Field(
        default=21_600,
        ge=60,
        le=604_800,
        description="Pause between two checks that the webhook subscriptions exist.",
    )
    measure_seconds: int = Field(
        default=60,
        ge=5,
        le=240,
        description="Pause between two looks at how fast SKUs sell and how late news "
        "of sales is; dynamic buffers follow.",
    )
    sweep_seconds: int = Field(
        default=5,
        ge=1,
        le=3600,
        description="Pause between two looks for due work that nobody announced.",
    )


class NetworkSettings(Section):
    """Where the hub may connect to."""

    allow_private: bool = Field(
        default=False,
        description="Allow shops on a private network (10.0.0.0/8, 192.168.0.0/16, "
        "this machine ...) and plain http. Only where such a shop is yours.",
    )


class ConnectorsSettings(Section):
    """Channel kinds without code."""

    folder: str = Field(
        default="",
        description="Folder with TOML files that each describe a REST API; every one "
        "is a channel kind. In a file, a relative path starts at that file. Empty: "
        "none.",
    )


class StockSettings(Section):
    """Stock policy where a channel or SKU has none of its own."""

    location: str = Field(
        default="main",
        min_length=1,
        max_length=100,
        description="Location that stock belongs to when none is named.",
    )
    safety_stock: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Units of each SKU that are never offered anywhere.",
    )
    buffer: int = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Units that a channel shows less than can be promised, unless it "
        "has a buffer of its own.",
    )
    mode: Literal["pool", "funnel", "escrow"] = Field(
        default="funnel",
        description="How channels share the units of a SKU unless a policy says "
        "otherwise: all show them (pool), all show them but the last ones (funnel), or "
        "each has units of its own (escrow).",
    )
    funnel_threshold: int = Field(
        default=1,
        ge=0,
        le=1_000_000,
        description="At or below so many units, a funnel shows them on the most "
        "important channels only: those with the lowest rank. Channels of equal rank "
        "all show them.",
    )
    dynamic_buffer: bool = Field(
        default=False,
        description="Hold back a buffer that is computed from sales and latencies as "
        "they are measured, on top of the fixed one.",
    )
    oversold_cost: int = Field(
        default=19,
        ge=1,
        le=1_000_000,
        description="What a unit that is sold and not there costs, against "
        "withheld_cost; 19 to 1 makes a dynamic buffer enough in 95 cases of 100.",
    )
    withheld_cost: int = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="What a unit that is there and not shown costs, against "
        "oversold_cost.",
    )
    shortfall_policy: Literal["first_come", "priority_channel", "ship_by"] = Field(
        default="first_come",
        description="Who gets units first where orders want more than there is: the "
        "oldest order, the channel with the lowest rank, or the order that has to "
        "leave first. A SKU may have a policy of its own.",
    )
    outage_hold_seconds: int = Field(
        default=900,
        ge=0,
        le=604_800,
        description="How long raises on all channels wait for a channel whose orders "
        "cannot be read. Reductions never wait.",
    )


class BrakeSettings(Section):
    """When a change is so large that a person should look first."""

    share: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of a channel's listings; a change that sets more than that "
        "to zero, or raises more, within ten minutes waits for a person.",
    )
    listings_min: int = Field(
        default=20,
        ge=1,
        le=1_000_000,
        description="Fewest listings that make such a change; fewer never wait.",
    )


class LimitsSettings(Section):
    """Limits of every foreign call."""

    page_size: int = Field(
        default=250,
        ge=1,
        le=250,
        description="Most records that are decided and written in one transaction.",
    )
    body_bytes_max: int = Field(
        default=33_554_432,
        ge=65_536,
        le=1_073_741_824,
        description="Largest answer of a channel that is read, in bytes.",
    )
    deadline_seconds: float = Field(
        default=60,
        gt=0,
        le=600,
        description="Longest time for one call with all its repetitions.",
    )
    attempts_max: int = Field(
        default=4,
        ge=1,
        le=10,
        description="Most attempts of one call that is safe to repeat.",
    )


class HubSettings(BaseSettings):
    """All settings of one hub. The environment wins over the values given."""

    model_config = SettingsConfigDict(
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=SECTION_SEPARATOR,
        extra="forbid",
        frozen=True,
    )

    home: Path = Field(
        default_factory=lambda: user_data_path("crossdock", appauthor=False),
        description="Folder for the database and the key. In a file, a relative path "
        "starts at that file.",
    )
    secret_key: SecretStr = Field(
        default=SecretStr(""),
        description="Key that channels' secrets are encrypted with. Empty: it is read "
        "from secret.key in the home folder, which crossdock init makes.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important messages that are written."
    )
    database: DatabaseSettings = DatabaseSettings()
    server: ServerSettings = ServerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    network: NetworkSettings = NetworkSettings()
    connectors: ConnectorsSettings = ConnectorsSettings()
    stock: StockSettings = StockSettings()
    brake: BrakeSettings = BrakeSettings()
    limits: LimitsSettings = LimitsSettings()

    @field_validator("home")
    @classmethod
    def _place_home(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what the file (the arguments) says."""
        return env_settings, init_settings

    @property
    def connectors_folder(self) -> Path | None:
        """Where files lie that describe channel kinds; None: nowhere."""
        given = self.connectors.folder
        return Path(given).expanduser().absolute() if given else None

    @property
    def database_url(self) -> str:
        """The database's URL, complete; it may hold a password."""
        given = self.database.url.get_secret_value()
        return given or f"sqlite:///{self.home / 'crossdock.sqlite3'}"

    @property
    def secret_key_file(self) -> Path:
        """Where the key lies when it is not a setting."""
        return self.home / "secret.key"
