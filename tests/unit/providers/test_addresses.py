import socket

import pytest

from providers._kit.addresses import AddressRefused, is_public, public_socket

REFUSED = {
    "loopback": "127.0.0.1",
    "loopback of version 6": "::1",
    "private": "10.1.2.3",
    "private, the second range": "172.16.0.1",
    "private, the third": "192.168.0.1",
    "link-local, where clouds tell their secrets": "169.254.169.254",
    "metadata of version 6": "fd00:ec2::254",
    "carrier's own, where another cloud tells them": "100.100.100.200",
    "nowhere": "0.0.0.0",
    "link-local of version 6 with its zone": "fe80::1%eth0",
    "broadcast": "255.255.255.255",
    "multicast": "224.0.0.1",
    "mapped": "::ffff:127.0.0.1",
    "tunnelled, 6to4": "2002:7f00:1::1",
    "translated": "64:ff9b::7f00:1",
}


@pytest.mark.parametrize("address", REFUSED.values(), ids=REFUSED)
def test_an_address_that_is_not_for_everybody_is_refused(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_an_address_for_everybody_is_taken(address):
    assert is_public(address)


def test_no_socket_is_made_for_a_refused_address():
    with pytest.raises(AddressRefused, match="private"):
        public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("169.254.169.254", 80)))


def test_a_socket_is_made_for_a_public_one():
    with public_socket((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("1.1.1.1", 443))) as made:
        assert made.family == socket.AF_INET
