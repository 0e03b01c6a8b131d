"""Where news may be posted, whatever an address is written like or a name turns out to mean."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from kytos import destinations
from kytos.cli.periodic import notify, webhook_of
from kytos.destinations import FORBIDDEN, ForbiddenAddressError, connect, is_forbidden
from kytos.errors import InputError

NEVER = [
    *("169.254.169.254", "169.254.170.2", "fe80::1", "fe80::1%eth0", "::ffff:169.254.169.254"),
    *("64:ff9b::a9fe:a9fe", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "0.0.0.0", "::"),
    "224.0.0.1",
]


@pytest.mark.parametrize("host", NEVER)
def test_nothing_is_posted_to_metadata_services(host: str) -> None:
    """Link-local, metadata, unspecified and multicast addresses, in IPv6's clothes too."""
    assert is_forbidden(host)
    named = f"[{host}]" if ":" in host else host
    with pytest.raises(InputError, match="no webhook's address"):
        webhook_of(f"http://{named}/latest?token=hidden")


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "::1", "10.0.0.7", "192.168.1.1", "fd12::1", "8.8.8.8"]
)
def test_receivers_in_the_cluster_and_elsewhere_are_fine(host: str) -> None:
    """Private and loopback addresses are what a receiver beside it has."""
    assert not is_forbidden(host)


@pytest.mark.parametrize("spelled", ["2852039166", "0xa9fea9fe", "169.254.43518"])
def test_other_spellings_are_judged_by_what_they_mean(spelled: str) -> None:
    """The C library reads them as 169.254.169.254; nobody is asked."""
    waited: list[float] = []
    trouble = notify(f"http://{spelled}/hook", {"exit": 0}, wait=waited.append)
    assert trouble == f"the webhook was not asked: {FORBIDDEN}"
    assert waited == []


def test_a_name_is_looked_up_once_and_any_bad_address_refuses_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What was judged is what is connected to: a second answer of the name server never counts."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        def look_up(host: str, *_: Any, **__: Any) -> list[Any]:
            asked.append(host)
            place = "127.0.0.1" if len(asked) == 1 else "169.254.169.254"
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (place, port))]

        monkeypatch.setattr(destinations.socket, "getaddrinfo", look_up)
        connect(("hook.example", port), 5.0).close()
        assert asked == ["hook.example"]
        with pytest.raises(ForbiddenAddressError):
            connect(("hook.example", port), 5.0)


def test_credentials_in_an_address_are_refused_and_not_repeated() -> None:
    """They would be in the process list; the message holds neither."""
    with pytest.raises(InputError, match="user and password") as refused:
        webhook_of("https://user:hidden@example.org/hook")
    assert "hidden" not in str(refused.value)
