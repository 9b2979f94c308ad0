"""A certificate for localhost, made by openssl when a test needs one; it is trusted by nobody who does not ask."""

from __future__ import annotations

import ssl
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")


def make(folder: Path) -> Path:
    """The certificate's file; the key stands beside it."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    subprocess.run(
        [*made, "-days", "2", *SUBJECT, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True
    )
    return certificate


def serving(folder: Path) -> ssl.SSLContext:
    """What a sink presents."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    """What a client needs that trusts this certificate and no other."""
    return ssl.create_default_context(cafile=str(certificate))
