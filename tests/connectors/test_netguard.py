"""Where the hub may connect: a table of addresses, and of URLs that hide them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from crossdock.canonical.errors import RejectedError, SettingsError
from crossdock.connectors.netguard import NetworkPolicy, resolve

NEVER = """
0.0.0.0 0.1.2.3 169.254.0.1 169.254.169.254 169.254.170.2 192.0.0.1 192.0.0.192
192.0.2.1 198.51.100.7 203.0.113.9 198.18.0.1 198.19.255.254 192.88.99.1 224.0.0.1
239.255.255.250 240.0.0.1 250.1.1.1 255.255.255.255 168.63.129.16 :: fe80::1
fe80::1%eth0 febf::1 fec0::1 ff02::1 ff05::2 ff0e::1 2001::1 2001:10::1 2001:20::1
2001:db8::1 3fff::1 100::1 5f00::1 4000::1 fd00:ec2::254 0:0:0:1::1
::ffff:169.254.169.254 ::ffff:a9fe:a9fe ::ffff:0.0.0.0 64:ff9b::a9fe:a9fe
64:ff9b:1::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254 ::a9fe:a9fe
"""

PRIVATE = """
127.0.0.1 127.1.2.3 127.255.255.254 10.0.0.1 10.255.255.255 172.16.0.1 172.31.255.255
192.168.0.1 192.168.255.255 100.64.0.1 100.127.255.255 ::1 0:0:0:0:0:0:0:1 fc00::1
fd12:3456:789a::1 fdff::1 ::ffff:127.0.0.1 ::ffff:7f00:1 ::ffff:10.0.0.1
::ffff:192.168.1.1 ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b:1::c0a8:101
2002:7f00:1::1 2002:a00:1:: 2002:c0a8:101:1::1 2002:ac10:1::1
"""

PUBLIC = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255
128.0.0.1 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0
192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111
2a00:1450:4001::1 2400:cb00::1 ::ffff:8.8.8.8 64:ff9b::808:808 2002:808:808::1
"""

NOT_ADDRESSES = """
2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001 127.1 127.0.1 10.1 0
127.0.0.1.1 256.1.1.1 1.2.3.04 0x7f.1 169.254.43518 0xa9fea9fe 2852039166
"""


@pytest.mark.parametrize("address", NEVER.split())
def test_h01_no_opt_in_opens_the_way_to_special_addresses(address: str) -> None:
    assert NetworkPolicy().explain_refusal(address)
    assert NetworkPolicy(allow_private_networks=True).explain_refusal(address)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_h01_private_addresses_need_the_explicit_opt_in(address: str) -> None:
    assert NetworkPolicy().explain_refusal(address)
    assert not NetworkPolicy(allow_private_networks=True).explain_refusal(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses_are_allowed(address: str) -> None:
    assert NetworkPolicy().explain_refusal(address) == ""


@pytest.mark.parametrize("address", (NEVER + PRIVATE).split())
def test_h01_a_name_that_leads_out_of_bounds_is_refused_whatever_else_it_leads_to(
    address: str,
) -> None:
    policy = NetworkPolicy(resolver=lambda host, port: ("1.1.1.1", address))
    with pytest.raises(RejectedError, match=r"shop\.example leads to"):
        policy.find_addresses("shop.example", 443)


@pytest.mark.parametrize("host", NOT_ADDRESSES.split())
def test_h01_an_odd_spelling_of_an_address_is_not_a_host_name(host: str) -> None:
    for policy in (NetworkPolicy(), NetworkPolicy(allow_private_networks=True)):
        with pytest.raises(SettingsError):
            policy.check_base_url(f"https://{host}/")


@pytest.mark.parametrize("address", (NEVER + PRIVATE).split())
def test_h01_a_url_that_names_a_forbidden_address_is_refused_unasked(
    address: str,
) -> None:
    host = f"[{address.partition('%')[0]}]" if ":" in address else address
    with pytest.raises(SettingsError):
        NetworkPolicy().check_base_url(f"https://{host}/wp-json")


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "ftp://shop.example",
        "file:///etc/passwd",
        "gopher://shop.example",
        "//shop.example",
        "shop.example",
        "https://",
        "https:///orders",
        "https://user@shop.example",
        "https://user:word@shop.example",
        "https://127.0.0.1@shop.example",
        "https://shop.example?x=1",
        "https://shop.example#x",
        "https://shop.example\\@127.0.0.1",
        "https://shop.example /",
        " https://shop.example",
        "https://shop.example\n",
        "https://shop\t.example",
        "https://shop\x00.example",
        "https://[::1",
        "https://shop.example:99999",
        "https://shop.example:port",
        "https://sh%6fp.example",
        "https://-shop.example",
        "https://shop..example/\u2028",
        "https://127.0.0.1.",
        "https://\uff11\uff12\uff17.0.0.1",
        "https://\u2460.0.0.1",
        "https://shop..example",
        "https://" + "a" * 64 + ".example",
        "https://" + "a.b." * 80 + "example",
        "",
    ],
)
def test_h01_an_address_that_is_not_a_plain_https_url_is_refused(url: str) -> None:
    with pytest.raises(SettingsError):
        NetworkPolicy().check_base_url(url)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://shop.example", "shop.example"),
        ("https://shop.example:8443/wp-json/wc/v3", "shop.example"),
        ("https://my_shop.example.", "my_shop.example."),
        ("https://b\u00fccher.example", "b\u00fccher.example"),
        ("https://1.1.1.1", "1.1.1.1"),
        ("https://[2606:4700::1111]", "2606:4700::1111"),
        ("https://0x7f.example", "0x7f.example"),
        ("https://10.example.com", "10.example.com"),
    ],
)
def test_a_plain_https_url_is_accepted(url: str, host: str) -> None:
    assert NetworkPolicy().check_base_url(url).host == host


def test_the_opt_in_admits_plain_http_in_the_own_network() -> None:
    policy = NetworkPolicy(allow_private_networks=True)
    assert policy.check_base_url("http://192.168.1.20:8080/shop").port == 8080


def test_a_url_is_not_repeated_in_the_error_because_it_may_hold_a_password() -> None:
    with pytest.raises(SettingsError) as caught:
        NetworkPolicy().check_base_url("https://admin:hunter2@shop.example")
    assert "hunter2" not in caught.value.message


def test_what_a_resolver_gives_must_be_an_address() -> None:
    policy = NetworkPolicy(resolver=lambda host, port: ("not-an-address",))
    with pytest.raises(RejectedError, match="not an address"):
        policy.find_addresses("shop.example", 443)


def test_a_name_is_resolved_once_for_each_connection() -> None:
    asked: list[str] = []

    def look_up(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["1.1.1.1", "2606:4700::1111"]

    policy = NetworkPolicy(resolver=look_up)
    addresses = policy.find_addresses("shop.example", 443)
    assert addresses == ("1.1.1.1", "2606:4700::1111")
    assert asked == ["shop.example"]


def test_the_machines_own_resolver_knows_this_machine() -> None:
    assert set(resolve("localhost", 80)) <= {"127.0.0.1", "::1"}
