"""Bearer tokens, one fault each: all of them 401, in the shape of the route, with nothing told about the fault."""

from __future__ import annotations

import base64
import datetime
import hmac
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.core.management import CommandError, call_command
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.test import APIClient

from rubric_jobs.web import auth
from rubric_jobs.web.problems import Refusal
from tests.conftest import Caller
from tests.web.conftest import body_of

pytestmark = pytest.mark.django_db

KEY = "a key for tests that is long enough for HS256"
JOBS = "/api/rubric-jobs/"


@pytest.fixture(autouse=True)
def keys(settings: Any) -> None:
    settings.JWT_SIGNING_KEY, settings.JWT_JWKS_URL = KEY, None
    settings.JWT_AUDIENCE = settings.JWT_ISSUER = None


def claims(**changed: Any) -> dict[str, Any]:
    """Claims that are right, but for what is changed; None leaves one out."""
    now = datetime.datetime.now(datetime.UTC)
    usual = {"sub": str(uuid.uuid4()), "tenant_id": str(uuid.uuid4()), "exp": now + datetime.timedelta(minutes=5)}
    return {name: value for name, value in {**usual, **changed}.items() if value is not None}


def signed(key: Any = KEY, algorithm: str = "HS256", headers: dict[str, str] | None = None, **changed: Any) -> str:
    return jwt.encode(claims(**changed), key, algorithm=algorithm, headers=headers)


def ask(token: str, scheme: str = "Bearer") -> int:
    """The status of a list, of an async detail and of an old status; 401 or not, they agree."""
    client = APIClient(headers={"Authorization": f"{scheme} {token}"})
    answers = [
        client.get(JOBS),
        client.get(f"{JOBS}{uuid.uuid4()}"),
        client.get(f"/api/extract-rubric-status?jobId={uuid.uuid4()}"),
    ]
    refused = [answer.status_code == 401 for answer in answers]
    assert len(set(refused)) == 1
    if refused[0]:
        assert all(answer["WWW-Authenticate"] == "Bearer" for answer in answers)
        sentences = {body_of(answer).get("detail") or body_of(answer)["error"] for answer in answers}
        assert sentences == {auth.REFUSED}
    return int(answers[0].status_code)


def ago(**span: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) - datetime.timedelta(**span)


def test_a_valid_token_is_let_in() -> None:
    assert ask(signed()) == 200
    assert ask(signed(), scheme="bearer") == 200


def test_a_token_without_signature_is_refused() -> None:
    assert ask(jwt.encode(claims(), None, algorithm="none")) == 401


def test_a_token_with_another_algorithm_is_refused() -> None:
    assert ask(signed(key=KEY + "x" * 40, algorithm="HS512")) == 401
    assert ask(signed(key=KEY + "x" * 40, algorithm="HS256")) == 401


def test_an_expired_token_is_refused() -> None:
    assert ask(signed(exp=ago(seconds=1))) == 401


def test_a_token_that_never_expires_is_refused() -> None:
    assert ask(signed(exp=None)) == 401


def test_a_token_of_tomorrow_is_refused() -> None:
    assert ask(signed(nbf=ago(hours=-1))) == 401


@pytest.mark.parametrize("audience", [None, "somebody else"])
def test_a_token_for_another_audience_is_refused(settings: Any, audience: str | None) -> None:
    settings.JWT_AUDIENCE = "rubrics"
    assert ask(signed(aud="rubrics")) == 200
    assert ask(signed(aud=audience)) == 401


@pytest.mark.parametrize("issuer", [None, "somebody else"])
def test_a_token_of_another_issuer_is_refused(settings: Any, issuer: str | None) -> None:
    settings.JWT_ISSUER = "us"
    assert ask(signed(iss="us")) == 200
    assert ask(signed(iss=issuer)) == 401


@pytest.mark.parametrize("claim", ["sub", "tenant_id"])
@pytest.mark.parametrize("value", [None, "", "teacher", "1", "00000000-0000-0000-0000-00000000000g", ["a"], 7, {}])
def test_a_token_without_uuids_is_refused(claim: str, value: Any) -> None:
    token = jwt.api_jws.encode(json.dumps({**_plain(), claim: value}).encode(), KEY, algorithm="HS256")

    assert ask(token) == 401


def _plain() -> dict[str, Any]:
    return {"sub": str(uuid.uuid4()), "tenant_id": str(uuid.uuid4()), "exp": time.time() + 300}


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "....", "\xff" * 9, "x" * 20_000])
def test_what_is_no_token_is_refused(token: str) -> None:
    assert ask(token) == 401


def test_no_algorithm_of_the_token_turns_a_public_key_into_a_secret(settings: Any, key_server: Any) -> None:
    settings.JWT_JWKS_URL = key_server.url
    key_server.add("one")
    key = jwt.algorithms.RSAAlgorithm.from_jwk(json.dumps(key_server.keys["one"][1]))
    public = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[union-attr]
    parts = [b64(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "one"}, _plain())]
    signature = hmac.digest(public, b".".join(parts), "sha256")

    assert ask(b".".join([*parts, b64(signature)]).decode()) == 401
    assert ask(signed(headers={"kid": "one"})) == 401  # the signing key counts for nothing beside a key set


def b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


class KeyServer:
    """A real JWKS endpoint on loopback, whose keys come and go."""

    def __init__(self) -> None:
        self.keys: dict[str, tuple[Any, dict[str, Any]]] = {}
        self.fetched = 0
        self.status = 200
        self.goes_on = threading.Event()
        self.goes_on.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.fetched += 1
                server.goes_on.wait(20)
                body = json.dumps({"keys": [public for _, public in server.keys.values()]}).encode()
                self.send_response(server.status)
                self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/jwks"

    @contextmanager
    def hanging(self) -> Iterator[None]:
        self.goes_on.clear()
        try:
            yield
        finally:
            self.goes_on.set()

    def add(self, kid: str, algorithm: str = "RS256") -> None:
        if algorithm == "RS256":
            private: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private.public_key()))
        else:
            private = ec.generate_private_key(ec.SECP256R1())
            public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(private.public_key()))
        self.keys[kid] = (private, {**public, "kid": kid, "use": "sig", "alg": algorithm})

    def token(self, kid: str, algorithm: str = "RS256", **changed: Any) -> str:
        return signed(key=self.keys[kid][0], algorithm=algorithm, headers={"kid": kid}, **changed)


@pytest.fixture
def key_server() -> Iterator[KeyServer]:
    server = KeyServer()
    thread = threading.Thread(target=server.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.http.shutdown()
    server.http.server_close()
    thread.join()


class TestKeySet:
    @pytest.fixture(autouse=True)
    def source(self, settings: Any, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.JWT_JWKS_URL = key_server.url
        monkeypatch.setattr(auth, "JWKS_LEAST_PAUSE_S", 0.0)
        auth.key_set.cache_clear()

    @pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
    def test_a_token_signed_with_a_published_key_is_let_in(self, key_server: KeyServer, algorithm: str) -> None:
        key_server.add("one", algorithm)

        assert ask(key_server.token("one", algorithm)) == 200

    def test_keys_are_fetched_once(self, key_server: KeyServer) -> None:
        key_server.add("one")
        for _ in range(3):
            ask(key_server.token("one"))

        assert key_server.fetched == 1

    def test_a_new_key_is_found_and_an_old_one_is_forgotten(self, key_server: KeyServer) -> None:
        key_server.add("old")
        old = key_server.token("old")
        assert ask(old) == 200
        key_server.add("new")
        del key_server.keys["old"]

        assert ask(key_server.token("new")) == 200
        assert ask(old) == 401

    def test_a_token_of_an_unknown_key_is_refused(self, key_server: KeyServer) -> None:
        key_server.add("one")
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)

        assert ask(signed(key=private, algorithm="RS256", headers={"kid": "other"})) == 401
        assert ask(signed(key=private, algorithm="RS256", headers={"kid": "one"})) == 401
        assert ask(signed(key=private, algorithm="RS256")) == 401

    def test_unknown_keys_do_not_make_us_ask_for_every_token(
        self, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(auth, "JWKS_LEAST_PAUSE_S", 60.0)
        key_server.add("one")
        for _ in range(5):
            ask(signed(key=key_server.keys["one"][0], algorithm="RS256", headers={"kid": "other"}))

        assert key_server.fetched == 1

    def test_known_keys_stay_while_their_server_is_away(
        self, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key_server.add("one")
        token = key_server.token("one")
        assert ask(token) == 200
        key_server.status = 500
        monkeypatch.setattr(auth, "JWKS_LIFESPAN_S", 0)

        assert ask(token) == 200
        deadline = time.monotonic() + 5
        while key_server.fetched < 2:  # beside the request
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def test_a_key_server_that_hangs_holds_up_no_token_of_a_known_key(
        self, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        key_server.add("one")
        token = key_server.token("one")
        assert ask(token) == 200
        monkeypatch.setattr(auth, "JWKS_LIFESPAN_S", 0)
        with key_server.hanging():
            began = time.monotonic()
            assert [ask(token) for _ in range(4)] == [200] * 4
            assert time.monotonic() - began < 3  # twelve requests; each that waited would take 0.8 s

    @pytest.mark.parametrize("fault", ["hanging", "redirecting"])
    def test_a_key_server_at_fault_costs_no_request_more_than_a_second(
        self, key_server: KeyServer, monkeypatch: pytest.MonkeyPatch, fault: str
    ) -> None:
        monkeypatch.setattr(auth, "JWKS_LEAST_PAUSE_S", 10.0)
        key_server.add("one")
        client = APIClient(headers={"Authorization": f"Bearer {key_server.token('one')}"})
        key_server.status = 302 if fault == "redirecting" else 200
        with key_server.hanging() if fault == "hanging" else nullcontext():
            for _ in range(2):
                began = time.monotonic()
                assert client.get(JOBS).status_code == 503
                assert time.monotonic() - began < 1
        assert key_server.fetched == 1

    @pytest.mark.parametrize(
        ("status", "reason"), [(302, "it redirects (302)"), (500, "it answers 500"), (200, "not a key set")]
    )
    def test_a_wrong_address_of_the_keys_is_logged(
        self, key_server: KeyServer, caplog: pytest.LogCaptureFixture, status: int, reason: str
    ) -> None:
        key_server.status = status
        with pytest.raises(Refusal):
            auth.verify(signed(headers={"kid": "one"}))
        assert reason in caplog.text

    def test_without_any_key_it_is_our_fault_and_not_the_callers(self, key_server: KeyServer) -> None:
        key_server.add("one")
        key_server.status = 500
        answer = APIClient(headers={"Authorization": f"Bearer {key_server.token('one')}"}).get(JOBS)

        assert answer.status_code == 503
        assert int(answer["Retry-After"]) >= 0
        assert body_of(answer)["code"] == "unavailable"

    def test_nobody_issues_tokens_for_somebody_elses_keys(self, settings: Any) -> None:
        settings.JWT_SIGNING_KEY = None
        with pytest.raises(CommandError, match="private key"):
            call_command("issue_token", "--tenant", str(uuid.uuid4()), "--user", str(uuid.uuid4()))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"exp": ago(seconds=5)}, "it has expired (exp)"),
        ({"aud": "somebody-else"}, "its audience (aud) is not JWT_AUDIENCE"),
        ({"iss": "somebody-else"}, "its issuer (iss) is not JWT_ISSUER"),
        ({"tenant_id": None}, "the claim tenant_id is missing"),
        ({"sub": "teacher"}, "sub and tenant_id must be UUIDs"),
        ({"key": "x" * 40}, "its signature does not fit the key"),
        ({"algorithm": "HS512", "key": "x" * 64}, "its algorithm must be HS256"),
    ],
)
def test_why_a_token_was_refused_is_logged_without_the_token(
    settings: Any, caplog: pytest.LogCaptureFixture, changed: dict[str, Any], reason: str
) -> None:
    settings.JWT_AUDIENCE, settings.JWT_ISSUER = "rubrics", "us"
    token = signed(**{"aud": "rubrics", "iss": "us"} | changed)
    caplog.set_level("INFO", "rubric_jobs")
    with pytest.raises(AuthenticationFailed):
        auth.verify(token)
    (record,) = [record for record in caplog.records if record.message == "token refused"]
    assert record.reason.startswith(reason)  # type: ignore[attr-defined]
    assert not [part for part in token.split(".") if part in str(vars(record))]


def test_an_issued_token_is_let_in_and_carries_audience_and_issuer(settings: Any, capsys: Any) -> None:
    settings.JWT_AUDIENCE, settings.JWT_ISSUER = "rubrics", "us"
    call_command("issue_token", "--tenant", str(uuid.uuid4()), "--user", str(uuid.uuid4()), "--minutes", "1")

    assert ask(capsys.readouterr().out.strip()) == 200


def test_a_token_in_the_url_counts_for_nothing(owner: Caller) -> None:
    answer = APIClient().get(f"{JOBS}?token={owner.token}&access_token={owner.token}")

    assert answer.status_code == 401


@pytest.mark.parametrize("ask_without", [lambda c: c.get(JOBS), lambda c: c.get(f"{JOBS}{uuid.uuid4()}")])
def test_no_credentials_at_all_is_401(ask_without: Callable[[APIClient], Any]) -> None:
    answer = ask_without(APIClient())

    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert body_of(answer)["code"] == "not_authenticated"


def test_one_command_gives_a_front_ends_tests_a_token_and_a_job(capsys: Any) -> None:
    call_command("issue_token", "--sample-job")
    given = json.loads(capsys.readouterr().out)

    answer = APIClient(headers={"Authorization": f"Bearer {given['token']}"}).get(JOBS + given["jobId"])

    assert (answer.status_code, body_of(answer)["fileName"]) == (200, "essay-rubric.pdf")


def test_a_token_for_no_time_is_not_issued() -> None:
    with pytest.raises(CommandError, match="one minute"):
        call_command("issue_token", "--minutes", "0")
