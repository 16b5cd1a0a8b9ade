"""The organisation's own sign-in, against a provider of our own making, over real sockets.

Tandem runs as a process of its own, because the provider's address is a setting read at start.
"""

from __future__ import annotations

import base64
import hashlib
import http.cookiejar
import json
import os
import re
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import connection

from accounts.models import User
from tests.factories.accounts import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


class Provider(ThreadingHTTPServer):
    """A small OpenID provider: one person at a time, PKCE demanded, codes good for one use."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.person: dict[str, object] = {}
        self.codes: dict[str, tuple[str, str]] = {}
        self.exchanges = 0


class Answers(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *args: object) -> None:
        pass

    def answer(self, body: object, status: int = 200) -> None:
        payload = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def do_GET(self) -> None:
        url = urllib.parse.urlsplit(self.path)
        asked = dict(urllib.parse.parse_qsl(url.query))
        base = self.server.address
        match url.path:
            case "/.well-known/openid-configuration":
                self.answer(
                    {
                        "issuer": base,
                        "authorization_endpoint": f"{base}/authorize",
                        "token_endpoint": f"{base}/token",
                        "userinfo_endpoint": f"{base}/userinfo",
                        "jwks_uri": f"{base}/jwks",
                        "token_endpoint_auth_methods_supported": ["client_secret_post"],
                    }
                )
            case "/authorize":
                code = secrets.token_urlsafe(16)
                self.server.codes[code] = (asked["redirect_uri"], asked["code_challenge"])
                back = f"{asked['redirect_uri']}?{urllib.parse.urlencode({'code': code, 'state': asked['state']})}"
                self.send_response(302)
                self.send_header("Location", back)
                self.end_headers()
            case "/userinfo":
                self.answer(self.server.person)
            case _:
                self.answer({}, 404)

    def do_POST(self) -> None:
        body = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
        redirect, challenge = self.server.codes.pop(body["code"])
        proof = base64.urlsafe_b64encode(hashlib.sha256(body["code_verifier"].encode()).digest()).decode().rstrip("=")
        if (body["client_secret"], body["redirect_uri"], proof) != ("the secret", redirect, challenge):
            self.answer({"error": "invalid_grant"}, 400)
            return
        self.server.exchanges += 1
        now = int(time.time())
        claims = self.server.person | {"iss": self.server.address, "aud": "tandem", "iat": now, "exp": now + 60}
        token = jwt.encode(claims, self.server.key, algorithm="RS256")
        self.answer({"access_token": "t", "token_type": "Bearer", "id_token": token, "expires_in": 60})


@pytest.fixture
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def tandem(provider: Provider, tmp_path: Path) -> Iterator[str]:
    """The address of a Tandem on the test database that knows the provider."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    wanted = connection.settings_dict
    query = urllib.parse.urlencode(
        {"host": wanted["HOST"] or wanted["OPTIONS"].get("host", ""), "port": wanted["PORT"] or 5432}
    )
    who = f"{wanted['USER']}:{wanted['PASSWORD']}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.base",
        "DATABASE_URL": f"postgres://{who}@/{wanted['NAME']}?{query}",
        "TANDEM_HOME": str(tmp_path),
        "OIDC_ISSUER": provider.address,
        "OIDC_CLIENT_ID": "tandem",
        "OIDC_CLIENT_SECRET": "the secret",
        "OIDC_NAME": "Selaras account",
        "LOG_LEVEL": "ERROR",
    }
    # socialaccount's tables exist only where it is switched on: migrate as that installation would.
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    command = [sys.executable, "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    log = (tmp_path / "server.log").open("w")
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/healthz", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(10)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS socialaccount_socialapp_sites, socialaccount_socialtoken,"
                           " socialaccount_socialaccount, socialaccount_socialapp CASCADE")  # fmt: skip
            cursor.execute("DELETE FROM django_migrations WHERE app = 'socialaccount'")


class Visitor:
    """A browser without JavaScript: cookies, redirects, forms."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def get(self, path: str) -> tuple[str, str]:
        return self._read(urllib.request.Request(self.address + path))

    def post(self, path: str, **fields: str) -> tuple[str, str]:
        request = urllib.request.Request(self.address + path, urllib.parse.urlencode(fields).encode())
        request.add_header("Referer", self.address)
        return self._read(request)

    def _read(self, request: urllib.request.Request) -> tuple[str, str]:
        with self.opener.open(request, timeout=20) as answer:
            return urllib.parse.urlsplit(answer.url).path, answer.read().decode()

    def sign_in_by_organisation(self) -> tuple[str, str]:
        _, page = self.get("/accounts/login/")
        assert "Selaras account" in page
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token
        return self.post("/accounts/oidc/sso/login/", csrfmiddlewaretoken=token[1])


def who(sub: str, email: str, *, verified: bool = True) -> dict[str, object]:
    return {"sub": sub, "email": email, "email_verified": verified, "name": "Whoever"}


@pytest.mark.slow
def test_it_opens_for_the_invited_and_for_nobody_else(tandem: str, provider: Provider):
    invited = UserFactory(email="ines@example.com")
    UserFactory(email="gone@example.com", is_active=False)

    provider.person = who("1", "Ines@Example.com")
    visitor = Visitor(tandem)
    path, _ = visitor.sign_in_by_organisation()
    assert provider.exchanges == 1
    assert path == "/inside/"
    assert "ines@example.com" in visitor.get("/settings/profile/")[1]

    refused = [
        who("2", "stranger@example.com"),
        who("3", "ines@example.com", verified=False),
        who("4", "gone@example.com"),
    ]
    for person in refused:
        provider.person = person
        visitor = Visitor(tandem)
        path, _page = visitor.sign_in_by_organisation()
        assert path in {"/accounts/login/", "/accounts/oidc/sso/login/callback/"}, person
        assert visitor.get("/settings/profile/")[0] == "/accounts/login/", person
    assert User.objects.count() == 2, "nobody is made by signing in"

    # Once connected, the provider's own number counts, not the address it reports.
    provider.person = who("1", "renamed@example.com")
    visitor = Visitor(tandem)
    assert visitor.sign_in_by_organisation()[0] == "/inside/"

    User.objects.filter(pk=invited.pk).update(is_active=False)
    assert visitor.get("/settings/profile/")[0] == "/accounts/login/", "switched off counts from the next request on"
