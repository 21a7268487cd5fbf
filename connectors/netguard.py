"""Which addresses the hub may talk to: public ones over https, unless told otherwise.

A shop's address is typed by a person and resolved by servers that others run, so it may
point into the network that the hub stands in (SSRF). The check is made on the addresses
themselves, after resolution; ``wire`` connects to exactly the addresses checked here.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import httpx

from ..canonical.errors import RejectedError, SettingsError

Resolver = Callable[[str, int], Sequence[str]]
"""Host and port to addresses as text. Raises OSError where there are none."""

_NEVER = {
    "the unspecified network": ("0.0.0.0/8", "::/128"),
    "link-local, where clouds keep credentials": ("169.254.0.0/16", "fe80::/10"),
    "site-local, which is no longer in use": ("fec0::/10",),
    "reserved for protocols": ("192.0.0.0/24", "2001::/23", "5f00::/16"),
    "reserved for documentation": (
        "192.0.2.0/24",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "2001:db8::/32",
        "3fff::/20",
    ),
    "reserved for measurements": ("198.18.0.0/15",),
    "a retired relay network": ("192.88.99.0/24",),
    "multicast": ("224.0.0.0/4", "ff00::/8"),
    "reserved": ("240.0.0.0/4", "100::/64"),
    "the metadata service of a cloud": ("fd00:ec2::/32", "168.63.129.16/32"),
}
_PRIVATE = {
    "this machine": ("127.0.0.0/8", "::1/128"),
    "a private network": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
    "a provider's shared network": ("100.64.0.0/10",),
}
_NEVER_NETWORKS = [
    (ip_network(net), why) for why, nets in _NEVER.items() for net in nets
]
_PRIVATE_NETWORKS = [
    (ip_network(net), why) for why, nets in _PRIVATE.items() for net in nets
]
_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))
_PUBLIC_V6 = ip_network("2000::/3")
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(
    rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\.?", re.IGNORECASE | re.ASCII
)
_NUMBER = re.compile(r"(?:0x[0-9a-f]*|\d+)", re.IGNORECASE | re.ASCII)


def resolve(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of a host, as the machine's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class NetworkPolicy:
    """Where the hub may connect to.

    ``allow_private_networks`` is the explicit opt-in for shops in the merchant's own
    network: it admits plain http and private addresses, and still neither link-local
    nor metadata addresses.
    """

    allow_private_networks: bool = False
    resolver: Resolver = resolve

    def explain_refusal(self, address: str) -> str:
        """Return why an address is out of bounds, or nothing if it is not."""
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return "not an address"
        parsed = _unwrap(parsed)
        for network, why in _NEVER_NETWORKS:
            if parsed in network:
                return why
        for network, why in _PRIVATE_NETWORKS:
            if parsed in network:
                return "" if self.allow_private_networks else why
        if isinstance(parsed, IPv6Address) and parsed not in _PUBLIC_V6:
            return "reserved"
        return ""

    def find_addresses(self, host: str, port: int) -> tuple[str, ...]:
        """Resolve a host once and return its addresses, all of them in bounds.

        Raises:
            OSError: the name cannot be resolved.
            RejectedError: at least one of its addresses is out of bounds.
        """
        addresses = tuple(self.resolver(host, port))
        for address in addresses:
            why = self.explain_refusal(address)
            if why:
                raise RejectedError(
                    f"{host} leads to {address} ({why}); the hub stays away",
                    next_step=_OPT_IN,
                )
        return addresses

    def check_base_url(self, base_url: str) -> httpx.URL:
        """Return the parsed root of a channel's API, if it can be used at all.

        Looks at the text only; what the name resolves to is checked at each connect.

        Raises:
            SettingsError: not a plain https URL, or an address that is out of bounds.
        """
        url = _parse(base_url)
        if url.scheme != "https" and not self.allow_private_networks:
            raise SettingsError(
                f"the address must begin with https:// ({url.scheme}://{url.host} "
                "would send credentials in the clear)",
                next_step=_OPT_IN,
            )
        host = url.host
        if _is_numeric(host):
            why = self.explain_refusal(host)
            if why:
                raise SettingsError(
                    f"{host} is not a shop's address: {why}", next_step=_OPT_IN
                )
        elif not _HOST.fullmatch(url.raw_host.decode("ascii")):
            raise SettingsError(f"{host!r} is not a host name")
        return url


_OPT_IN = (
    "Check the address. For a shop in your own network, set "
    "allow_private_networks for this channel."
)


def _parse(base_url: str) -> httpx.URL:
    if re.search(r"[\s\\\x00-\x1f\x7f]", base_url):
        raise SettingsError("the address contains spaces, backslashes or control signs")
    try:
        url = httpx.URL(base_url)
        # httpx takes any number for a port; the standard library's parser does not.
        url = url.copy_with(port=urlsplit(base_url).port)
    except (httpx.InvalidURL, ValueError):
        raise SettingsError("the address is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.host or url.port == 0:
        raise SettingsError("the address must look like https://shop.example")
    if url.userinfo or url.query or url.fragment:
        raise SettingsError(
            "the address must hold neither credentials nor '?' nor '#'",
            next_step="Credentials have settings of their own.",
        )
    return url


def _is_numeric(host: str) -> bool:
    """Tell whether a resolver could read the host as an address rather than a name.

    Resolvers also take 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1. None of these
    passes ``ip_address``, so each of them is refused as "not an address".
    """
    last_label = host.rstrip(".").rpartition(".")[2]
    return ":" in host or bool(_NUMBER.fullmatch(last_label))


def _unwrap(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address that an IPv6 form carries inside, if it does."""
    if isinstance(address, IPv4Address):
        return address
    packed = address.packed
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if any(address in network for network in _NAT64):
        return IPv4Address(packed[12:])
    compatible = not any(packed[:12]) and any(packed[12:15])
    return IPv4Address(packed[12:]) if compatible else address
