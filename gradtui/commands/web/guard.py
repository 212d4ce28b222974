"""Who is answered: whoever knows the token, from the server's own pages, by a name that is its own.

A page of somebody else's may ask a server on this machine for anything: the browser lets it, and tells
only where the question comes from. One whose name is made to lead here afterwards is even taken for ours."""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
ANYWHERE = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared with, never bound to
HOST = re.compile(r"[\w.\-:\[\]]{1,300}", re.ASCII)
"""What a name and a port are made of: it is said back in headers and in the page."""
SAY = "Open the address that gradtui serve has printed, with its token."


@dataclass(frozen=True, slots=True)
class Guard:
    """`names`: the host names that a browser may call the server by; empty: any."""

    token: str
    names: frozenset[str]

    def refusal(self, headers: Mapping[str, str], given: str) -> str:
        """Why a request is not answered, a sentence; "" where it is. `given`: the token that came with
        it, by its address or its cookie."""
        host = headers.get("Host", "")
        name = host_name(host)
        if name is None or (self.names and name not in self.names):
            return "This server is not called so: open the address that it has printed."
        origin = headers.get("Origin")
        if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
            return "This page is not of this server."
        if not self.knows(given):
            return SAY
        return ""

    def knows(self, given: str) -> bool:
        """Whether that is the token, in a time that does not tell how much of it is right."""
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())


def names_of(host: str) -> frozenset[str]:
    """The names that a server is called by which listens at `host`."""
    host = host.strip("[]").lower()
    if host in ANYWHERE:
        return frozenset()
    return frozenset({host}) if host not in LOOPBACK else LOOPBACK


def host_name(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is none."""
    if not HOST.fullmatch(host):
        return None
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018 - raises where it is no number
    except ValueError:
        return None
    return parts.hostname
