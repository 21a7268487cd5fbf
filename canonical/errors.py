"""Every error of the hub, grouped by what the hub does next.

    CrossdockError
    ├── SettingsError            the person who set it up mends a setting
    ├── StoreError               the database cannot be used as it is
    │   ├── StoreBusyError         another process holds it; try again
    │   ├── StoreFullError         the disk is full
    │   └── SchemaMismatchError    the database belongs to another version
    ├── NotFoundError            a thing that a person named does not exist
    ├── RefusedError             a person asked for something the rules forbid
    ├── LeaseLostError           another worker holds the lane; drop what was planned
    ├── MoneyError               an amount cannot be held exactly
    └── ChannelError             a channel answered, or did not
        ├── RetryLaterError        wait and call again
        ├── OutcomeUnknownError    a write may or may not have happened; read it back
        ├── ReauthRequiredError    the channel parks until a person signs in again
        ├── RejectedError          the channel said no; a conflict tells why
        ├── StaleWriteError        the channel's value moved; read again, decide again
        ├── ContractBrokenError    the answer is not what the vendor promised
        │   └── MappingError         one record cannot be translated; it is quarantined
        └── WebhookRefusedError    a delivery is forged, stale or unreadable

Each carries a sentence for the person who reads it (what happened, where, what to
do). Secrets and customers' data never go into a message.
"""

from __future__ import annotations


class CrossdockError(Exception):
    """Base of all errors that the hub raises on purpose.

    ``next_step`` tells the reader what to do; it is shown under the message.
    """

    def __init__(self, message: str, *, next_step: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.next_step = next_step


class SettingsError(CrossdockError):
    """A setting is missing or wrong; names the key, the value and what is allowed."""


class StoreError(CrossdockError):
    """The database cannot be used as it is."""


class StoreBusyError(StoreError):
    """Another process holds the database for longer than the hub waits."""


class StoreFullError(StoreError):
    """The disk (or the quota) under the database is full; nothing was half-written."""


class SchemaMismatchError(StoreError):
    """The database was made by another version of Crossdock."""


class NotFoundError(CrossdockError):
    """A channel, order, SKU or conflict that a person named does not exist."""


class RefusedError(CrossdockError):
    """A person asked for something that the rules do not allow."""


class LeaseLostError(CrossdockError):
    """Another worker took the lane over; the fencing token is out of date."""


class MoneyError(CrossdockError):
    """An amount cannot be held exactly, or two currencies met in one sum."""


class ChannelError(CrossdockError):
    """A channel answered with an error, or not at all."""


class RetryLaterError(ChannelError):
    """The channel cannot answer at present; ``delay_seconds`` is its wish, if any."""

    def __init__(
        self, message: str, *, delay_seconds: float | None = None, next_step: str = ""
    ) -> None:
        super().__init__(message, next_step=next_step)
        self.delay_seconds = delay_seconds


class OutcomeUnknownError(ChannelError):
    """A write was sent and its answer never came: it may have taken effect."""


class ReauthRequiredError(ChannelError):
    """The credentials no longer work; a person has to renew them."""


class RejectedError(ChannelError):
    """The channel refused a request for a reason that repeating will not change."""


class StaleWriteError(ChannelError):
    """A compare-and-set found another value than expected."""


class ContractBrokenError(ChannelError):
    """The channel's answer does not have the shape that its contract promises."""


class MappingError(ContractBrokenError):
    """One record cannot be translated; ``path`` says where in the record."""

    def __init__(self, message: str, *, path: str = "", next_step: str = "") -> None:
        super().__init__(message, next_step=next_step)
        self.path = path


class WebhookRefusedError(ChannelError):
    """A delivery is forged, too old, or not readable."""
