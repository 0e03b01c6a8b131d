"""Which machines are spoken to: none of a cloud's metadata services, whatever name they go by."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import urllib.request
from collections.abc import Sequence
from typing import Any

FORBIDDEN = "it is link-local, multicast, unspecified or a cloud's metadata service"

_METADATA = frozenset(
    ipaddress.ip_address(address)
    for address in ("fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
"""Of AWS (IPv6), Alibaba, Azure and Oracle, beside the link-local 169.254.169.254 of all others."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""https://www.rfc-editor.org/rfc/rfc6052: the IPv4 address is in the last 32 bits."""


_Known = tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]


class ForbiddenAddressError(OSError):
    """A host is at an address that is not spoken to."""


def is_forbidden(host: str) -> bool:
    """Whether a literal address is one that is not spoken to; a name is judged by its addresses.

    Examples
    --------
    >>> is_forbidden("169.254.169.254"), is_forbidden("::ffff:169.254.169.254"), is_forbidden("::1")
    (True, True, False)
    """
    try:
        address = ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address in _NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        else:
            address = address.ipv4_mapped or address
    known = address in _METADATA
    return known or address.is_link_local or address.is_multicast or address.is_unspecified


def look_up(host: str, port: int) -> Sequence[_Known]:
    """Return what `socket.getaddrinfo` knows of a name, each of its addresses judged.

    Raises
    ------
    ForbiddenAddressError
        When any of them is one that is not spoken to.
    OSError
        When the name has none, or cannot be one.
    """
    try:
        known: Sequence[_Known] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # an empty part of a name, or one of more than 63 letters
        raise OSError(f"{host[:80]!r} cannot be a machine's name") from error
    if any(is_forbidden(str(place[0])) for *_, place in known):
        raise ForbiddenAddressError(FORBIDDEN)
    return known


def connect(
    address: tuple[str, int],
    timeout: float | None = None,
    source_address: tuple[str, int] | None = None,
) -> socket.socket:
    """Look a name up once, judge every address it has, and connect to one of these.

    As `socket.create_connection`, which would look it up again: between two look-ups a name can
    be made to mean another machine.

    Raises
    ------
    ForbiddenAddressError
        When any of them is one that is not spoken to.
    OSError
        When none answers.
    """
    known = look_up(*address)
    trouble = OSError("the name has no address")
    for family, kind, protocol, _, place in known:
        opened = socket.socket(family, kind, protocol)
        try:
            opened.settimeout(timeout)
            if source_address is not None:
                opened.bind(source_address)
            opened.connect(place)
        except OSError as error:
            opened.close()
            trouble = error
        else:
            return opened
    raise trouble


class _Judged(http.client.HTTPConnection):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._create_connection = connect  # http.client's own seam; a proxy's tunnel goes over it


class _JudgedTls(http.client.HTTPSConnection):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._create_connection = connect


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_Judged, request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(_JudgedTls, request, context=ssl.create_default_context())


HANDLERS = (_Http, _Https)
"""For `urllib.request.build_opener`, in place of its own."""
