"""`jogral doctor` with providers and a DNS of our own: what is wrong is found before a customer finds it."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from orchestrator.app import SystemClock
from orchestrator.cli.checkups.certificates import certificates
from orchestrator.cli.checkups.check import Verdict
from orchestrator.cli.checkups.senders import resolver
from orchestrator.cli.terminal import Terminal
from orchestrator.contract.inspections.sender_domain import Unanswered

OUTBOX = {channel: f"- {{id: {channel}, adapter: outbox}}" for channel in ("email", "whatsapp", "sms", "push")}

RECORDS = {
    "casalume.example.": ["v=spf1 include:_spf.mail.example -all", "unrelated=1"],
    "_spf.mail.example.": ["v=spf1 ip4:192.0.2.1 ~all"],
    "_dmarc.casalume.example.": ["v=DMARC1; p=none"],
}


@contextmanager
def name_server(records, *, silent=False):
    """A name server on this machine: `host:port`. Without records it says that it cannot tell."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            while True:
                try:
                    asked, who = server.recvfrom(4096)
                except OSError:
                    return
                question = dns.message.from_wire(asked)
                if question.id == 0 and not question.question:
                    return
                if silent:
                    continue
                answer = dns.message.make_response(question)
                answer.flags |= dns.flags.RA
                name = question.question[0].name
                texts = None if records is None else records.get(name.to_text().lower())
                if records is None:
                    answer.set_rcode(dns.rcode.SERVFAIL)
                elif texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                else:
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *(f'"{one}"' for one in texts)))
                server.sendto(answer.to_wire(), who)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = server.getsockname()
        yield f"{host}:{port}"
        stop = dns.message.Message(id=0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(stop.to_wire(), (host, port))
        thread.join(5)


@contextmanager
def provider(answers, *, behind_seconds=0):
    """An HTTP provider on this machine: its URL, and what it was asked. Its clock may be another one."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.answer()

        def do_POST(self):
            self.answer()

        def answer(self):
            path = self.path.partition("?")[0]
            asked.append((self.command, path))
            status, document = answers.get(path, (404, {"error": {"message": "no such thing"}}))
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def date_time_string(self, timestamp=None):  # noqa: ARG002  # its own signature
            return formatdate(time.time() - behind_seconds, usegmt=True)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def use(shop, **accounts):
    """Let channels be carried by these accounts, written as in project.yaml."""
    file = shop / "templates/project.yaml"
    text = file.read_text("utf-8")
    for channel, account in accounts.items():
        assert OUTBOX[channel] in text
        text = text.replace(OUTBOX[channel], f"- {{id: {channel}, {account}}}")
    file.write_text(text, "utf-8")


def seen(done):
    """(check, aspect) → verdict, message and remedy."""
    return {(item["check"], item.get("aspect", "")): item for item in done.document["items"]}


def verdicts(done, account):
    """Aspect → verdict of an account."""
    return {aspect: item["verdict"] for (name, aspect), item in seen(done).items() if name == account}


@pytest.mark.usefixtures("orders_alone")
def test_the_sender_is_seen_as_mailbox_providers_see_it(open_shop, shop):
    """SPF, DKIM and DMARC, though the mail server itself cannot be reached; the remedy says what to write."""
    use(shop, email="adapter: email_smtp, host: smtp.casalume.example, dkim_selector: s1")
    with name_server(RECORDS) as dns_server:
        done = open_shop("doctor", "--json", JOGRAL_RESOLVER=dns_server)

    assert done.code == 3
    assert verdicts(done, "email") == {"": "unreachable", "SPF": "good", "DKIM": "bad", "DMARC": "note"}
    assert "p=quarantine" in seen(done)["email", "DMARC"]["remedy"]


@pytest.mark.usefixtures("orders_alone")
def test_a_dns_that_cannot_answer_is_told_once(open_shop, shop):
    """No network is no riddle: one line for three records."""
    use(shop, email="adapter: email_smtp, host: smtp.casalume.example")
    with name_server(None) as dns_server:
        done = open_shop("doctor", "--json", JOGRAL_RESOLVER=dns_server)

    assert done.code == 3
    assert verdicts(done, "email") == {"": "unreachable", "DNS": "unreachable", "DKIM": "note"}


def test_a_dns_that_is_silent_is_not_waited_for():
    """Its deadline is the whole of it: the doctor does not hang."""
    with name_server({}, silent=True) as dns_server, pytest.raises(Unanswered):
        asyncio.run(resolver(dns_server, seconds=0.05)("casalume.example"))


WHATSAPP = (
    'adapter: whatsapp_cloud, phone_number_id: "123", business_account_id: "456", base_url: "{url}", app_secret: x'
)
SCOPES = ["whatsapp_business_messaging", "whatsapp_business_management"]


@pytest.mark.usefixtures("orders_alone")
def test_credentials_are_really_tried_and_nothing_is_sent(open_shop, shop):
    """Every question only reads; a clock that is wrong, and a look-up that never says no, are found as well."""
    answers = {
        "/v23.0/debug_token": (200, {"data": {"is_valid": True, "app_id": "9", "scopes": SCOPES}}),
        "/v23.0/123": (200, {"display_phone_number": "+55 11 91234-5678", "quality_rating": "GREEN"}),
        "/v23.0/456": (200, {"name": "Casa Lume"}),
        "/v23.0/456/subscribed_apps": (200, {"data": []}),
        "/v23.0/9/subscriptions": (200, {"data": []}),
        "/sms": (200, {"welcome": "to our API"}),
    }
    with provider(answers, behind_seconds=600) as (url, asked):
        use(
            shop,
            whatsapp=WHATSAPP.format(url=url),
            sms=f'adapter: webhook, url: "{url}/send", allow_private: true, body: {{to: "{{to}}"}}, look_up: '
            f'{{url: "{url}/sms?of={{reference}}", found_at: data.id, missing: "404"}}',
        )
        done = open_shop("doctor", "--json", JOGRAL_ACCOUNTS__WHATSAPP__TOKEN="EAAG0")

    assert {method for method, _ in asked} == {"GET"}
    assert {path for _, path in asked} == set(answers)
    assert verdicts(done, "whatsapp") == {
        "": "good", "credentials": "good", "number": "good", "business account": "good", "subscription": "bad",
        "webhook fields": "bad", "templates": "note",
    }  # fmt: skip
    assert verdicts(done, "sms") == {"": "good", "look-up": "bad"}
    assert verdicts(done, "time") == {"": "bad"}
    assert "NTP" in seen(done)["time", ""]["remedy"]
    assert done.code == 1


@pytest.mark.usefixtures("orders_alone")
def test_a_push_project_is_tried_without_a_device(open_shop, shop):
    """A token is granted, and a message is validated that reaches nobody: its device is made up."""
    made = rsa.generate_private_key(65537, 2048)
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    answers = {
        "/token": (200, {"access_token": "tok", "expires_in": 3600}),
        "/v1/projects/casa-lume/messages:send": (400, {"error": {"status": "INVALID_ARGUMENT"}}),
    }
    with provider(answers) as (url, asked):
        use(shop, push=f'adapter: push_fcm, base_url: "{url}", token_url: "{url}/token"')
        said = {"type": "service_account", "project_id": "casa-lume", "client_email": "a@b.example",
                "private_key": pem, "private_key_id": "1", "token_uri": f"{url}/token"}  # fmt: skip
        done = open_shop("doctor", "--json", JOGRAL_ACCOUNTS__PUSH__SERVICE_ACCOUNT=json.dumps(said))

    assert [path for _, path in asked] == list(answers)
    assert verdicts(done, "push") == {"": "good", "credentials": "good", "project": "good"}


@pytest.mark.usefixtures("orders_alone")
def test_a_wrong_token_is_refused_with_what_to_do(open_shop, shop):
    """In the reader's language, on lines that a person can read."""
    wrong = {"/v23.0/debug_token": (401, {"error": {"message": "Invalid OAuth access token"}})}
    with provider(wrong) as (url, _):
        use(shop, whatsapp=WHATSAPP.format(url=url))
        done = open_shop("doctor", JOGRAL_ACCOUNTS__WHATSAPP__TOKEN="EAAG0")

    assert done.code == 1
    assert "Invalid OAuth access token" in done.out
    assert "JOGRAL_ACCOUNTS__" in done.out
    assert "EAAG0" not in done.out


@pytest.mark.usefixtures("orders_alone")
def test_receipts_that_cannot_come_back_are_a_problem(open_shop, shop):
    """A provider elsewhere cannot call this machine; it can call a public https address."""
    use(
        shop,
        sms='adapter: webhook, url: "https://api.provider.invalid/send", body: {to: "{to}"}, receipts_secret: s, '
        "receipts: {signature_header: X-Signature, reference_at: ref, status_at: status, "
        "words: {ok: delivered}}",
    )

    here = verdicts(open_shop("doctor", "--json"), "sms")
    public = verdicts(open_shop("doctor", "--json", JOGRAL_PUBLIC_URL="https://casalume.invalid"), "sms")

    assert (here["webhook"], public["webhook"]) == ("bad", "good")


@contextmanager
def tls_server(folder, *, days):
    """A server on this machine with a certificate that ends in so many days: its port, and what to trust."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    ends = now + timedelta(days=days, hours=1)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    shown = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=90)).not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )  # fmt: skip
    file = folder / "certificate.pem"
    pem = shown.public_bytes(Encoding.PEM)
    file.write_bytes(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    (folder / "trusted.pem").write_bytes(pem)

    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda *_: None  # whoever refuses the certificate hangs up
    server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_port, folder / "trusted.pem"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize(
    ("days", "trusted", "said"), [(60, True, None), (5, True, "ends on"), (60, False, "self-signed")]
)
def test_a_certificate_that_is_not_trusted_or_ends_soon_is_told(tmp_path, monkeypatch, days, trusted, said):
    """Of our own pages a trouble with what to do, of a provider's server its own business as long as it is valid."""
    terminal, url = Terminal("en", as_json=True), "https://127.0.0.1:{port}/x"
    with tls_server(tmp_path, days=days) as (port, certificate):
        if trusted:
            monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        here, now = url.format(port=port), SystemClock().now()
        ours, theirs = (
            asyncio.run(certificates(terminal, own, urls, now)) for own, urls in ((here, ()), ("http://x", [here]))
        )

    assert [(one.verdict, bool(one.remedy)) for one in ours] == [(Verdict.BAD, True)] * bool(said)
    assert [one.verdict for one in theirs] == [Verdict.NOTE if trusted else Verdict.BAD] * bool(said)
    assert all(said in one.told for one in (*ours, *theirs))


@pytest.mark.usefixtures("orders_alone")
def test_the_certificate_of_our_own_pages_has_ended(open_shop, tmp_path):
    """Found by a real handshake: with it no customer reaches the way out, and no provider our hooks."""
    with tls_server(tmp_path, days=-2) as (port, certificate):
        url = f"https://127.0.0.1:{port}"
        done = open_shop("doctor", "--json", JOGRAL_PUBLIC_URL=url, SSL_CERT_FILE=str(certificate))

    assert "has expired" in seen(done)["certificate", ""]["message"]
    assert done.code == 1


@pytest.mark.usefixtures("orders_alone")
def test_one_wrong_account_hides_nothing_of_the_others(open_shop, shop):
    """Each one's trouble is told, with the place of it, and so is a secret of an account that does not exist."""
    use(shop, sms="adapter: sms_zenvia, sender: casalume", push="adapter: push_fmc")
    done = open_shop("doctor", "--json", JOGRAL_ACCOUNTS__EMIAL__PASSWORD="s3cr3t")

    found = seen(done)
    assert [found[name, ""]["verdict"] for name in ("email", "whatsapp", "sms", "push")] == ["good"] * 2 + ["bad"] * 2
    assert found["project", ""]["verdict"] == "bad"
    assert "token" in found["sms", ""]["message"]
    assert "push_fmc" in found["push", ""]["message"]
    assert "JOGRAL_ACCOUNTS__EMIAL" in found["accounts", ""]["message"]
    assert done.code == 1
    assert "s3cr3t" not in done.out
