"""A real mail server (aiosmtpd) that a test can make hang, die or refuse at each step."""

import asyncio
import base64
import email
import email.policy
import re
import socket
import ssl
import subprocess
import threading
from collections import defaultdict

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from server import PATIENCE_SECONDS

USER, PASSWORD = "riverside", "tanger:ine@31"

# What a client does, in this order. At "content", the server has the whole letter and has not answered yet.
STEPS = ("connect", "ehlo", "mail", "rcpt", "data", "content")


class Hold:
    """Never answers. `reached` is set once a client is there, and `port` is the client's."""

    def __init__(self):
        self.reached = threading.Event()
        self.port = None

    def wait(self):
        assert self.reached.wait(PATIENCE_SECONDS), "no client came to this step"


class Release(Hold):
    """Goes on once the test says so."""

    def __init__(self):
        super().__init__()
        self._released = threading.Event()

    def let_go(self):
        self._released.set()

    def is_released(self):
        assert self._released.wait(PATIENCE_SECONDS), "the test never let it go on"


class Die:
    """Cuts the connection."""


class Quote:
    """Refuses a letter with an answer that quotes its link. `token` is the end of the link then."""

    token = None

    def answer(self, content):
        text = email.message_from_bytes(content, policy=email.policy.default).get_body(("plain",)).get_content()
        link = re.search(r"https://riverside\.example/\S+/(\w{20,})", text)
        self.token = link.group(1)
        return f"554 5.7.1 spam: {link.group()}"


class MailServer:
    def __init__(self, folder, encryption="none", needs_password=False, takes_utf8=True):
        self.letters = []  # each as bytes, in the order in which they were accepted
        self.recipients = []
        self.greetings = 0  # one for each connection
        self.transports = []
        self._controller = None
        self._actions = defaultdict(list)
        self._changed = threading.Condition()
        self._reserved = bound_socket()
        self.port = self._reserved.getsockname()[1]
        self.certificate = folder / "mail.pem"
        self._encryption = encryption
        self._needs_password = needs_password
        self._options = {"hostname": "127.0.0.1", "port": self.port, "enable_SMTPUTF8": takes_utf8}
        if encryption != "none":
            self._context = make_context(self.certificate)
            self._options |= {"ssl_context": self._context} if encryption == "implicit" else {}

    @property
    def url(self):
        credentials = "riverside:tanger%3Aine%4031@" if self._needs_password else ""
        scheme, query = {"none": ("smtp", "?tls=none"), "starttls": ("smtp", "?tls=required"), "implicit": ("smtps", "")}[
            self._encryption
        ]
        return f"{scheme}://{credentials}127.0.0.1:{self.port}{query}"

    @property
    def settings(self):
        """The settings of a site that sends its letters here."""
        trusted = {} if self._encryption == "none" else {"SSL_CERT_FILE": str(self.certificate)}
        return {"SMTP_URL": self.url, "CURFEW_BASE_URL": "https://riverside.example"} | trusted

    def start(self):
        self._controller = OwnController(self, **self._options)
        self._controller.start()

    def stop(self):
        if self._controller:
            loop = self._controller.loop
            asyncio.run_coroutine_threadsafe(self._cut_connections(), loop).result(PATIENCE_SECONDS)
            self._controller.stop()
        self._controller = None

    def close(self):
        self.stop()
        self._reserved.close()

    async def _cut_connections(self):
        for transport in self.transports:
            transport.abort()
        # The loop closes each of them in one of its next rounds.
        for _ in range(5):
            await asyncio.sleep(0)

    def at(self, step, action, times=1):
        """Does this, instead of going on, the next `times` that a client comes to the step."""
        self._actions[step] += [action] * times
        return action

    def wait_for(self, number):
        """Waits until so many letters were accepted, and returns all."""
        with self._changed:
            done = self._changed.wait_for(lambda: len(self.letters) >= number, PATIENCE_SECONDS)
        assert done, f"{len(self.letters)} of {number} letters arrived"
        return self.parsed()

    def parsed(self):
        """The letters, parsed strictly."""
        strict = email.policy.SMTPUTF8.clone(raise_on_defect=True)
        return [email.message_from_bytes(letter, policy=strict) for letter in self.letters]

    def accept(self, envelope):
        with self._changed:
            self.letters.append(envelope.content)
            self.recipients += envelope.rcpt_tos
            self._changed.notify_all()

    def next_action(self, step):
        actions = self._actions[step]
        return actions.pop(0) if actions else None

    def authenticate(self, server, session, envelope, mechanism, data):
        """Checks the password. Quotes a wrong one as it was sent, as some servers do."""
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        sent = base64.b64encode(b"\0" + data.login + b"\0" + data.password).decode()
        return AuthResult(success=is_right, handled=False, message=None if is_right else f"535 5.7.8 bad: {sent}")


class OwnController(Controller):
    def __init__(self, mail_server, **options):
        self._mail_server = mail_server
        super().__init__(Handler(mail_server), **options)

    def _create_server(self):
        at = bound_socket(self.port)
        return self.loop.create_server(self._factory_invoker, sock=at, ssl=self.ssl_context)

    def factory(self):
        mail_server = self._mail_server
        options = dict(self.SMTP_kwargs)
        if mail_server._encryption == "starttls":
            options |= {"tls_context": mail_server._context, "require_starttls": True}
        if mail_server._needs_password:
            options |= {"authenticator": mail_server.authenticate, "auth_required": True}
            options |= {"auth_require_tls": mail_server._encryption == "starttls"}
        return Session(self.handler, mail_server=mail_server, loop=self.loop, **options)


class Handler:
    def __init__(self, mail_server):
        self._mail_server = mail_server

    async def handle_DATA(self, server, session, envelope):
        action = self._mail_server.next_action("content")
        if isinstance(action, str):
            return action
        if isinstance(action, Quote):
            return action.answer(envelope.content)
        self._mail_server.accept(envelope)
        await server.act(action)
        return "250 2.0.0 taken"


class Session(SMTP):
    def __init__(self, handler, mail_server, **options):
        self._mail_server = mail_server
        super().__init__(handler, **options)

    async def act(self, action):
        if isinstance(action, Hold):
            action.port = self.session.peer[1]
            action.reached.set()
        if isinstance(action, Release):
            await asyncio.to_thread(action.is_released)
        elif isinstance(action, Hold):
            await asyncio.Event().wait()
        if isinstance(action, Die):
            self.transport.abort()
            raise ConnectionResetError

    async def _passes(self, step):
        action = self._mail_server.next_action(step)
        if isinstance(action, str):
            await self.push(action)
            return False
        await self.act(action)
        return True

    def connection_made(self, transport):
        self._mail_server.transports.append(transport)
        super().connection_made(transport)

    async def _handle_client(self):
        if await self._passes("connect"):
            await super()._handle_client()

    async def smtp_EHLO(self, hostname):
        self._mail_server.greetings += 1
        if await self._passes("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg):
        if await self._passes("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg):
        if await self._passes("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg):
        if isinstance(action := self._mail_server.next_action("middle"), Die):
            await self.push("354 go on")
            await self._reader.readexactly(10)
            await self.act(action)
        if await self._passes("data"):
            await super().smtp_DATA(arg)

    async def smtp_RSET(self, arg):
        if await self._passes("rset"):
            await super().smtp_RSET(arg)

    async def smtp_QUIT(self, arg):
        if await self._passes("quit"):
            await super().smtp_QUIT(arg)


def bound_socket(port=0):
    """A socket at a port that stays the caller's, also while nobody listens."""
    at = socket.socket()
    at.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    at.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    at.bind(("127.0.0.1", port))
    return at


def make_context(certificate):
    """A TLS context with a new certificate, which is written to a file."""
    key = certificate.with_suffix(".key")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
        + ["-addext", "basicConstraints=critical,CA:FALSE", "-addext", "subjectAltName=IP:127.0.0.1"]
        + ["-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context
