"""The door refuses every address that is not a public host name, in every spelling."""

import pytest

from apps.connectors.auth import UNSIGNED
from apps.connectors.egress import EgressRefusedError, check_address, forbidden_reason, parse_destination
from apps.connectors.http import Door
from apps.connectors.manifest import Limits
from apps.connectors.rate_budget import NoBudget
from tests.connectors.conftest import door_to, reply, says, wire

FORBIDDEN_ADDRESSES = [
    "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.1", "127.1.2.3",
    "169.254.169.254", "169.254.0.1", "172.16.0.1", "172.31.255.255", "192.0.0.1", "192.0.0.170", "192.0.2.1", "192.88.99.1",
    "192.168.0.1", "192.168.255.255", "198.18.0.1", "198.19.255.255", "198.51.100.7", "203.0.113.9", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "::ffff:192.168.1.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::", "2002:a00:1::1", "fc00::1", "fd12:3456::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "3fff::1", "5f00::1", "4000::1", "not-an-address", "",
]  # fmt: skip
PUBLIC_ADDRESSES = [
    "1.1.1.1",
    "8.8.8.8",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
]

REFUSED_URLS = [
    "http://erp.example.com", "ftp://erp.example.com", "file:///etc/passwd", "gopher://erp.example.com", "erp.example.com",
    "https://", "https:///path", "https://user@erp.example.com", "https://user:pass@erp.example.com", "https://erp.example.com#x",
    "https://erp.example.com?x=1", "https://erp example.com", "https://erp.example.com\\@evil.example", "https://erp.example.com\n",
    "https://127.0.0.1", "https://127.1", "https://127.0.1", "https://2130706433", "https://0x7f000001", "https://0x7f.0.0.1",
    "https://0177.0.0.1", "https://0177.0.0.01", "https://127.0.0.1.", "https://8.8.8.8", "https://[::1]", "https://[::ffff:127.0.0.1]",
    "https://[fe80::1]", "https://[2606:4700::1111]", "https://①②⑦.⓪.⓪.①", "https://127。0。0。1", "https://-bad.example",
    "https://bad-.example", "https://a..b", "https://" + "a" * 64 + ".example", "https://erp.example.com:99999",
    "https://erp.example.com:port", "https://%31%32%37.0.0.1", "https://exa$mple.com",
]  # fmt: skip


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_it_calls_no_address_that_is_not_public(address: str) -> None:
    assert forbidden_reason(address)


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_it_calls_public_addresses(address: str) -> None:
    assert forbidden_reason(address) == ""


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_it_refuses_a_base_address_that_is_no_plain_https_name(url: str) -> None:
    with pytest.raises(EgressRefusedError):
        parse_destination(url)


def test_it_takes_a_plain_https_name_apart_once() -> None:
    destination = parse_destination("https://ERP.Example.com./api/v1/")
    assert destination.origin == "https://erp.example.com:443"
    assert destination.path == "/api/v1"
    assert parse_destination("https://bücher.example").host == "xn--bcher-kva.example"


ALLOWED = [
    ("http://127.0.0.1:8090/x", ("127.0.0.1:8090",), True),
    ("http://127.0.0.1:8091/x", ("127.0.0.1:8090",), False),
    ("http://127.1:8090/x", ("127.1:8090",), False),
    ("http://[::1]:8090/x", ("[::1]:8090",), True),
    ("http://erp.lan:80/x", ("erp.lan:80",), True),
    ("http://erp.lan/x", ("ERP.lan:80",), True),
    ("http://169.254.169.254:80/", ("169.254.169.254:80",), False),
    ("http://[::ffff:169.254.169.254]:80/", ("[::ffff:169.254.169.254]:80",), False),
]


@pytest.mark.parametrize(("url", "allow", "fine"), ALLOWED)
def test_an_operators_allowance_opens_one_host_and_port_but_never_metadata(
    url: str, allow: tuple[str, ...], fine: bool
) -> None:
    if fine:
        assert parse_destination(url, allow).allowed
    else:
        with pytest.raises(EgressRefusedError):
            parse_destination(url, allow)


def test_an_allowed_name_may_be_private_but_not_link_local() -> None:
    destination = parse_destination("http://erp.lan:8080", ("erp.lan:8080",))
    check_address(destination, "10.1.2.3")
    with pytest.raises(EgressRefusedError):
        check_address(destination, "169.254.169.254")


async def _call(answers: list[list[str]]) -> None:
    """Call a name whose addresses change with each look-up."""

    async def look_up(host: str, port: int) -> list[str]:
        return answers.pop(0)

    door = Door(
        base_url="https://erp.example.com",
        auth=UNSIGNED,
        limits=Limits(),
        allow=(),
        budget=NoBudget(),
        timeout=2,
        look_up=look_up,
    )
    async with door:
        await door.send("GET", "x")


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["93.184.216.34", "10.0.0.1"], ["169.254.169.254"], ["::1"], ["::ffff:10.0.0.1"]],
    ids=["loopback", "one of several", "metadata", "loopback 6", "mapped"],
)
async def test_a_name_that_leads_inside_is_refused_when_connecting(addresses: list[str]) -> None:
    with pytest.raises(EgressRefusedError, match="leads to"):
        await _call([addresses])


async def test_a_name_is_judged_by_the_very_addresses_that_are_connected_to() -> None:
    """The second look-up of a rebinding name never happens: the checked addresses are the ones used."""
    looked_up: list[str] = []

    async def look_up(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["169.254.169.254"]

    async with wire(says(reply("200 OK"))) as url:
        port = url.rsplit(":", 1)[1]
        door = door_to(f"http://erp.lan:{port}", look_up=look_up)
        async with door:
            assert (await door.request("GET", "x")).status == 200
            assert (await door.request("GET", "y")).status == 200
    assert looked_up == ["erp.lan"]


async def test_a_name_that_moves_inside_later_is_refused_at_its_next_connection() -> None:
    answers = [["127.0.0.1"], ["169.254.169.254"]]

    async def look_up(host: str, port: int) -> list[str]:
        return answers.pop(0)

    async with wire(says(reply("200 OK", headers="Connection: close\r\n"))) as url:
        port = url.rsplit(":", 1)[1]
        async with door_to(f"http://erp.lan:{port}", look_up=look_up) as door:
            await door.request("GET", "x")
        async with door_to(f"http://erp.lan:{port}", look_up=look_up) as door:
            with pytest.raises(EgressRefusedError):
                await door.request("GET", "x")


async def test_a_next_page_on_another_host_is_not_followed() -> None:
    async with wire(says(reply("200 OK"))) as url, door_to(url) as door:
        with pytest.raises(EgressRefusedError, match="another host"):
            await door.request("GET", "https://evil.example/next")
        assert (await door.request("GET", f"{url}/next?page=2")).status == 200
