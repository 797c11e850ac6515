"""Requests to other people's servers, with names answered by the test and a real server at the other end."""

import asyncio
import datetime as dt
import ipaddress
import ssl
import time
from collections.abc import Sequence
from pathlib import Path

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from tests.receiver import Received, answer, receiving

from polar_server.outbound import Outbound, Refused, Unreachable


class Names:
    """A resolver that answers each question with the next of its answers, and the last one ever after."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers, self.asked = list(answers), list[str]()

    async def __call__(self, host: str) -> Sequence[str]:
        self.asked.append(host)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if not found:
            raise OSError("Name or service not known")
        return found


class Network(httpcore.AsyncNetworkBackend):
    """Says where a connection would have gone, and lets it end at this machine's receiver."""

    def __init__(self, port: int) -> None:
        self.port, self.went_to, self.real = port, list[str](), httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *_: object) -> httpcore.AsyncNetworkStream:
        self.went_to.append(f"{host} {port}")
        return await self.real.connect_tcp("127.0.0.1", self.port)


@pytest.mark.parametrize("host", ["10.0.0.5", "169.254.169.254", "127.0.0.1", "::1", "64:ff9b::a9fe:a9fe", "0.0.0.0"])
async def test_a_name_that_points_inside_is_refused(host: str) -> None:
    """At creation and at each request; one bad address among good ones is enough, and is not named."""
    async with receiving() as receiver:
        for answers in ([host], ["8.8.8.8", host]):
            outbound = Outbound(resolve=Names(answers))
            for call in (outbound.check("https://hook.example"), outbound.post("https://hook.example", b"", {})):
                with pytest.raises(Refused) as refused:
                    await call
                assert host not in str(refused.value)
    assert receiver.got == []


async def test_a_literal_address_is_checked_too(anyio_backend: object) -> None:
    """The system's resolver answers an address with itself, and there it is refused."""
    outbound = Outbound()
    for url in ("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://[fd00::1]/"):
        with pytest.raises(Refused):
            await outbound.check(url)
        with pytest.raises(Refused):
            await outbound.post(url, b"", {})
    outbound.close()


async def test_a_rebinding_name_never_leads_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is asked once for a request, and the connection goes to the address that was checked."""
    async with receiving() as receiver:
        network = Network(receiver.port)
        monkeypatch.setattr(httpcore, "AnyIOBackend", lambda: network)
        names = Names(["8.8.8.8"], ["127.0.0.1"])
        # The socket's other end is this machine, which the check of the peer finds out.
        with pytest.raises(Refused):
            await Outbound(resolve=names).post("https://rebind.example/h", b"secret", {})
        assert (names.asked, network.went_to) == (["rebind.example"], ["8.8.8.8 443"])
        with pytest.raises(Refused):
            await Outbound(resolve=names).post("https://rebind.example/h", b"secret", {})
        assert network.went_to == ["8.8.8.8 443"]
    assert receiver.got == []


async def test_a_name_that_does_not_resolve_is_no_answer() -> None:
    """It may be registered before it exists, and is not called before it does."""
    outbound = Outbound(resolve=Names([]))
    await outbound.check("https://later.example")
    with pytest.raises(Unreachable):
        await outbound.post("https://later.example", b"", {})


async def test_development_reaches_this_machine_and_not_the_network() -> None:
    """With the setting, loopback is called over http; a private address is refused, and a public one without TLS."""
    async with receiving() as receiver:
        outbound = Outbound(loopback=True)
        receiver.answers = [answer(418, "short")]
        got = await outbound.post(receiver.url, b"body", {"x-y": "z"})
        assert (got.status, got.body) == (418, b"short")
        request = receiver.got[0]
        assert (request.path, request.body, request.headers["x-y"]) == ("/hook", b"body", "z")
        assert request.headers["host"] == f"127.0.0.1:{receiver.port}"
        outbound.close()
        for address in ("10.0.0.5", "8.8.8.8"):
            with pytest.raises(Refused):
                await Outbound(loopback=True, resolve=Names([address])).post("http://a.example/", b"", {})


async def test_redirects_proxies_and_long_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirect is an answer, the environment's proxies are ignored, and 64 kB are read of an answer."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with receiving() as receiver:
        outbound = Outbound(loopback=True, resolve=Names(["127.0.0.1"]))
        receiver.answers = [
            answer(302, location=f"http://127.0.0.1:{receiver.port}/inside"),
            answer(200, "x" * 200_000),
        ]
        assert (await outbound.post(receiver.url, b"", {})).status == 302
        assert len((await outbound.post(receiver.url, b"", {})).body) == 65_536
        assert [request.path for request in receiver.got] == ["/hook", "/hook"]


async def test_a_slow_answer_ends_in_time() -> None:
    """Everything together has one limit: a byte now and then does not stretch it."""
    async with receiving() as receiver:

        async def never(_: Received) -> bytes:
            await asyncio.sleep(5)
            return b""

        receiver.respond = never
        outbound = Outbound(loopback=True, resolve=Names(["127.0.0.1"]), total_wait=0.2)
        began = time.monotonic()
        with pytest.raises(Unreachable, match=r"within 0\.2 seconds"):
            await outbound.post(receiver.url, b"", {})
        assert time.monotonic() - began < 2


async def test_nonsense_is_no_answer() -> None:
    """What is not HTTP, a closed port, and an endless header are told apart from answers."""
    async with receiving() as receiver:
        outbound = Outbound(loopback=True, resolve=Names(["127.0.0.1"]))
        for nonsense in (b"SSH-2.0-OpenSSH\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000):
            receiver.answers = [nonsense]
            with pytest.raises(Unreachable):
                await outbound.post(receiver.url, b"", {})
        with pytest.raises(Unreachable):
            await outbound.post("http://127.0.0.1:1/", b"", {})


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for this host name, and a client's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [x509.DNSName(name), x509.IPAddress(ipaddress.ip_address("127.0.0.2"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, private)
    return server, ssl.create_default_context(cafile=str(certificate))


async def test_the_certificate_must_be_the_names(tmp_path: Path) -> None:
    """TLS is verified for the host of the URL, not for the address that it was connected to."""
    server, client = _certificate(tmp_path, "hook.example")
    async with receiving(server) as receiver:
        outbound = Outbound(loopback=True, resolve=Names(["127.0.0.1"]), tls=client)
        assert (await outbound.post(f"https://hook.example:{receiver.port}/", b"", {})).status == 200
        for url in (f"https://other.example:{receiver.port}/", f"https://127.0.0.1:{receiver.port}/"):
            with pytest.raises(Unreachable, match="certificate"):
                await outbound.post(url, b"", {})
        with pytest.raises(Unreachable, match="certificate"):
            await Outbound(loopback=True, resolve=Names(["127.0.0.1"])).post(
                f"https://hook.example:{receiver.port}/", b"", {}
            )
        assert len(receiver.got) == 1


async def test_the_first_address_that_answers_is_used() -> None:
    """A host with several addresses is reached though one of them is dead."""
    async with receiving() as receiver:
        outbound = Outbound(loopback=True, resolve=Names(["127.0.0.9", "127.0.0.1"]))
        assert (await outbound.post(receiver.url, b"", {})).status == 200
