"""One folder as the hub sees it: every capability, one method each.

Each call opens the folder, works in it and lets it go; nothing is remembered between
calls. What each does is in the module of its subject.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ...canonical.errors import SettingsError
from ...canonical.pages import Page, Record
from ...canonical.pushes import Account, FulfillmentPush, PushResult, StockWrite
from ...canonical.stock import StockReading
from ..sdk import Context
from . import goods, orders, telling
from .folder import Folder, LocalFolder
from .inbox import list_files
from .settings import FilesSettings, Finished

_NO_PRODUCTS = (
    "There is no file of products yet: drop one with the columns sku, title and "
    "quantity, or no stock is written."
)
_ON_TRUST = (
    "Files count as complete when they have not changed for a while. A marker file is "
    "safer, where the other side can write one (setting finished)."
)


class FilesConnector:
    """Reads and writes files in one folder; see the capabilities for promises."""

    def __init__(self, settings: FilesSettings, context: Context) -> None:
        self._settings = settings
        self._clock = context.clock
        self._network = context.network

    def check(self) -> Account:
        """Prove that the folder is there, and that it can be read and written."""
        settings = self._settings
        with self._open() as folder:
            for place in (
                settings.orders_folder,
                settings.products_folder,
                settings.stock_folder,
                settings.out_folder,
            ):
                folder.require_place(place)
            list_files(folder, settings, self._clock.now())
            warnings = [] if goods.load_products(folder, settings) else [_NO_PRODUCTS]
            if settings.finished is Finished.SETTLED:
                warnings.append(_ON_TRUST)
            identity = f"{folder.identity}#{settings.orders_folder}"
        digest = hashlib.sha256(identity.encode()).hexdigest()[:20]
        return Account(digest, identity, settings.currency, tuple(warnings))

    def pull_orders(self, cursor: str | None, *, since: datetime) -> Page:
        """Return the next page of orders; files read before the cursor are moved."""
        with self._open() as folder:
            now = self._clock.now()
            return orders.pull_orders(folder, self._settings, cursor, since, now)

    def fetch_orders(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named orders as the newest files tell them."""
        if not external_ids:
            return ()
        with self._open() as folder:
            now = self._clock.now()
            return orders.fetch_orders(folder, self._settings, external_ids, now)

    def pull_listings(self, cursor: str | None) -> Page:
        """Return the next page of the newest file of products."""
        with self._open() as folder:
            return goods.pull_listings(folder, self._settings, cursor)

    def fetch_listings(self, external_ids: Sequence[str]) -> tuple[Record, ...]:
        """Return the named products of that file."""
        with self._open() as folder:
            return goods.fetch_listings(folder, self._settings, external_ids)

    def read_stock(self, stock_external_ids: Sequence[str]) -> tuple[StockReading, ...]:
        """Return the newest word on each product, in the same order."""
        with self._open() as folder:
            now = self._clock.now()
            return goods.read_stock(folder, self._settings, stock_external_ids, now)

    def push_stock(self, writes: Sequence[StockWrite]) -> tuple[PushResult, ...]:
        """Write a new snapshot and a file of changes."""
        with self._open() as folder:
            return goods.push_stock(folder, self._settings, writes, self._clock.now())

    def push_fulfillment(self, push: FulfillmentPush) -> PushResult:
        """Write the file of a parcel."""
        with self._open() as folder:
            now = self._clock.now()
            return telling.push_fulfillment(folder, self._settings, push, now)

    def find_fulfillment(self, push: FulfillmentPush) -> str | None:
        """Return the name of the parcel's file, if it is there or was taken over."""
        with self._open() as folder:
            return telling.find_fulfillment(folder, self._settings, push)

    @contextmanager
    def _open(self) -> Iterator[Folder]:
        settings = self._settings
        if settings.remote is None:
            yield LocalFolder(str(Path(settings.location).expanduser()))
            return
        try:
            from . import sftp
        except ModuleNotFoundError as error:
            raise SettingsError(
                f"SFTP needs a package that is not installed: {error.name}",
                next_step="Install it: pip install 'crossdock[sftp]'",
            ) from None
        user, host, port, path = settings.remote
        access = sftp.SftpAccess(
            host=host,
            port=port,
            path=path,
            user=user,
            password=settings.password.get_secret_value(),
            private_key=settings.private_key.get_secret_value(),
            host_keys=tuple(settings.host_key.split()),
            known_hosts=settings.known_hosts,
        )
        with sftp.open_sftp(access, self._network) as folder:
            yield folder
