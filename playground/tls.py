"""A certificate authority made at start, and a certificate of its for loopback: for stand-ins that need https."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Certificates:
    ca_file: Path
    """The authority, for `EXTRA_CA_FILE`."""
    server_file: Path
    """The server's key and chain in one PEM."""


def make(folder: Path) -> Certificates:
    """Writes `ca.pem` and `server.pem` (key and chain for 127.0.0.1 and localhost) into the folder.

    Both are new each time; nobody but the programs that are pointed at `ca.pem` trusts them.
    """
    import trustme

    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA(organization_name="First Responder playground")
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    made = Certificates(folder / "ca.pem", folder / "server.pem")
    authority.cert_pem.write_to_path(str(made.ca_file))
    made.server_file.touch(mode=0o600)
    certificate.private_key_and_cert_chain_pem.write_to_path(str(made.server_file))
    return made
