"""What only a real web process shows: waiting, events, and bodies that are refused before they are read."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from rubric_jobs.errors import NoRubricFound, ProviderUnavailable
from rubric_jobs.jobs import claims, lifecycle
from rubric_jobs.jobs.notifications import LISTENER
from tests.conftest import Caller
from tests.web.conftest import PREFIXES, RESULT, Web, as_base64, database_url, enhancement, extraction, pdf

pytestmark = pytest.mark.long

JOBS = "/api/rubric-jobs/"
Submit = Callable[..., uuid.UUID]
MB = 1024 * 1024


@contextmanager
def soon(change: Callable[[], Any], *, after_s: float = 0.3) -> Iterator[None]:
    """Make the change from another thread, in a moment."""

    def run() -> None:
        time.sleep(after_s)
        try:
            change()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    thread.join()


def only_job() -> uuid.UUID:
    """The id of the one job there is, once it is there."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT job_id FROM grader.rubric_extraction_jobs")
            if row := cursor.fetchone():
                return uuid.UUID(str(row[0]))
        time.sleep(0.02)
    raise AssertionError("no job came in")


def events(answer: Any) -> Iterator[dict[str, Any]]:
    """The events of a stream: `id`, `event` and `data` (parsed)."""
    event: dict[str, Any] = {}
    for line in answer:
        text = line.decode().rstrip("\n")
        if not text and event:
            yield {**event, "data": json.loads(event["data"])}
            event = {}
        elif text and not text.startswith(":"):
            name, _, value = text.partition(": ")
            event[name] = value


class TestWait:
    def test_an_answer_is_held_until_the_job_has_ended(
        self, web: Web, owner: Caller, submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        began = time.monotonic()
        with soon(lambda: complete(job_id)):
            status, _, body = web.ask("GET", f"{JOBS}{job_id}?wait=20", owner)

        assert (status, json.loads(body)["status"]) == (200, "completed")
        assert 0.3 <= time.monotonic() - began < 3

    def test_it_is_held_no_longer_than_asked(self, web: Web, owner: Caller, submit: Submit) -> None:
        began = time.monotonic()
        status, headers, body = web.ask("GET", f"{JOBS}{submit()}?wait=0.4", owner)

        assert (status, json.loads(body)["status"], headers["retry-after"]) == (200, "pending", "2")
        assert 0.4 <= time.monotonic() - began < 2

    def test_a_job_that_has_ended_is_answered_at_once(
        self, web: Web, owner: Caller, submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        complete(job_id)
        began = time.monotonic()

        assert web.ask("GET", f"{JOBS}{job_id}?wait=25", owner)[0] == 200
        assert time.monotonic() - began < 2

    def test_nobody_waits_for_a_foreign_job(self, web: Web, stranger: Caller, submit: Submit) -> None:
        foreign = web.ask("GET", f"{JOBS}{submit()}?wait=25", stranger)
        unknown = web.ask("GET", f"{JOBS}{uuid.uuid4()}?wait=25", stranger)

        assert (foreign[0], foreign[2]) == (404, unknown[2])

    def test_a_job_that_is_deleted_meanwhile_is_404(self, web: Web, owner: Caller, submit: Submit) -> None:
        job_id = submit()

        def delete() -> None:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM grader.rubric_extraction_jobs")
                cursor.execute("SELECT pg_notify(%s, %s)", [lifecycle.CHANGED_CHANNEL, str(job_id)])

        with soon(delete):
            assert web.ask("GET", f"{JOBS}{job_id}?wait=20", owner)[0] == 404


def listening() -> int:
    """The listening connections of all web processes of this database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s",
            [LISTENER],
        )
        return int(cursor.fetchone()[0])


class TestEvents:
    @pytest.fixture
    def stream(self, web: Web, owner: Caller) -> Iterator[Callable[..., Any]]:
        with ExitStack() as opened:

            def stream(job_id: uuid.UUID, **headers: str) -> Any:
                asked = web.open("GET", f"{JOBS}{job_id}/events", owner, headers=headers)
                opened.enter_context(closing(asked))
                answer = asked.getresponse()
                assert answer.status == 200
                assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
                return answer

            yield stream

    def test_a_job_is_told_from_its_queue_to_its_end(
        self, stream: Callable[..., Any], submit: Submit, run: Callable[..., claims.Claim]
    ) -> None:
        job_id = submit()
        told = events(stream(job_id))
        assert next(told)["data"]["status"] == "pending"

        claim = run(job_id)
        claims.report_progress([(claim, {"stage": "reading", "criteriaFound": 0, "partialRubric": None})])
        first = next(told)
        claims.report_progress([(claim, {"stage": "reading", "criteriaFound": 2, "partialRubric": {"title": "E"}})])
        second = next(told)
        claims.end([claims.Ending(claim=claim, result=RESULT)])
        last = next(told)

        assert (first["event"], first["data"]["status"]) == ("status", "processing")
        assert (second["event"], second["data"]["progress"]["criteriaFound"]) == ("progress", 2)
        assert (last["event"], last["data"]["status"], last["data"]["result"]) == ("status", "completed", RESULT)
        assert int(first["id"]) < int(second["id"]) < int(last["id"])
        assert next(told, None) is None  # the stream has ended

    def test_a_reader_goes_on_where_it_was_cut_off(
        self, stream: Callable[..., Any], submit: Submit, run: Callable[..., claims.Claim]
    ) -> None:
        job_id = submit()
        claim = run(job_id)
        seen = next(events(stream(job_id)))
        again = events(stream(job_id, **{"Last-Event-ID": seen["id"]}))
        claims.end([claims.Ending(claim=claim, error=NoRubricFound())])

        news = next(again)

        assert news["data"]["status"] == "failed"
        assert int(news["id"]) > int(seen["id"])

    def test_a_job_that_has_ended_is_told_once(
        self, stream: Callable[..., Any], submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        complete(job_id)

        told = list(events(stream(job_id)))

        assert [event["data"]["status"] for event in told] == ["completed"]
        assert list(events(stream(job_id, **{"Last-Event-ID": told[0]["id"]}))) == told

    def test_text_in_a_result_cannot_make_events(
        self, stream: Callable[..., Any], submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        complete(job_id, {**RESULT, "rubricText": "a\n\nevent: status\r\ndata: {}\u2028\n\n"})

        (told,) = events(stream(job_id))

        assert told["data"]["result"]["rubricText"] == "a\n\nevent: status\r\ndata: {}\u2028\n\n"

    def test_many_readers_share_one_listening_connection(
        self, stream: Callable[..., Any], submit: Submit, complete: Callable[..., None]
    ) -> None:
        job_id = submit()
        before = listening()
        readers = [events(stream(job_id)) for _ in range(30)]
        for reader in readers:
            next(reader)
        during = listening()
        complete(job_id)

        assert 1 <= during <= before + 1  # other web processes of this module listen too
        assert all(list(reader)[-1]["data"]["status"] == "completed" for reader in readers)

    def test_a_foreign_job_has_no_events(self, web: Web, stranger: Caller, submit: Submit) -> None:
        foreign = web.ask("GET", f"{JOBS}{submit()}/events", stranger)
        unknown = web.ask("GET", f"{JOBS}{uuid.uuid4()}/events", stranger)

        assert (foreign[0], foreign[2]) == (404, unknown[2])
        assert web.ask("GET", f"{JOBS}{uuid.uuid4()}/events")[0] == 401

    def test_without_notifications_changes_come_by_looking(
        self, other_web: Callable[..., Web], owner: Caller, submit: Submit, complete: Callable[..., None]
    ) -> None:
        web = other_web(RUBRIC_LISTEN="false")
        job_id = submit()
        with soon(lambda: complete(job_id)):
            body = web.ask("GET", f"{JOBS}{job_id}?wait=10", owner)[2]

        assert json.loads(body)["status"] == "completed"


def peak_mb(web: Web) -> float:
    status = Path(f"/proc/{web.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def in_chunks(web: Web, caller: Caller, route: str, body: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    """As clients send a body whose length they do not know when they begin."""
    text = json.dumps(body).encode()
    chunks = (text[start : start + 50_000] for start in range(0, len(text), 50_000))
    return web.ask("POST", route, caller, body=chunks, headers={"Content-Type": "application/json"})


class TestBodies:
    @pytest.fixture
    def peak_before(self, web: Web, owner: Caller) -> float:
        web.ask("POST", "/api/enhance-rubric-trigger", owner, body=enhancement())
        Path(f"/proc/{web.process.pid}/clear_refs").write_text("5")  # the peak is counted from here on
        return peak_mb(web)

    @pytest.mark.parametrize(
        ("route", "content_type"),
        [
            ("/api/extract-rubric-trigger", "application/json"),
            ("/.netlify/functions/extract-rubric-trigger", "application/json"),
            (JOBS + "extractions", "application/problem+json"),
        ],
    )
    def test_eleven_megabytes_are_413_in_under_fifty_of_memory(
        self, web: Web, owner: Caller, peak_before: float, route: str, content_type: str
    ) -> None:
        body = extraction(file=as_base64(pdf(11 * MB)))

        status, headers, told = web.ask("POST", route, owner, body=body)

        assert (status, headers["content-type"]) == (413, content_type)
        assert "10 MB" in told.decode()
        assert peak_mb(web) - peak_before < 50

    def test_a_form_of_eleven_megabytes_is_413_in_under_fifty_of_memory(
        self, web: Web, owner: Caller, peak_before: float
    ) -> None:
        part = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf'
        body = b"--x\r\n" + part + b"\r\n\r\n" + pdf(11 * MB) + b"\r\n--x--\r\n"

        status, _, _ = web.ask(
            "POST", JOBS + "extractions", owner, body=body, headers={"Content-Type": "multipart/form-data; boundary=x"}
        )

        assert status == 413
        assert peak_mb(web) - peak_before < 50

    def test_a_body_without_a_length_is_counted_as_it_comes(self, web: Web, owner: Caller, peak_before: float) -> None:
        chunks = (b" " * MB for _ in range(30))

        status, _, told = web.ask(
            "POST", "/api/extract-rubric-trigger", owner, body=chunks, headers={"Content-Type": "application/json"}
        )

        assert (status, json.loads(told)["errorCode"]) == (413, "document_too_large")
        assert peak_mb(web) - peak_before < 50

    @pytest.mark.parametrize(
        ("route", "body", "status"),
        [
            *((f"{prefix}extract-rubric-trigger", extraction(), 202) for prefix in PREFIXES),
            *((f"{prefix}enhance-rubric-trigger", enhancement(), 202) for prefix in PREFIXES),
            (JOBS + "extractions", extraction(), 202),
            (JOBS + "enhancements", enhancement(), 202),
            (JOBS + "exports", RESULT["rubric"], 200),
        ],
    )
    def test_a_body_that_is_sent_in_chunks_is_read(
        self, web: Web, owner: Caller, route: str, body: dict[str, Any], status: int
    ) -> None:
        assert in_chunks(web, owner, route, body)[0] == status

    def test_a_form_that_is_sent_in_chunks_is_read(self, web: Web, owner: Caller) -> None:
        part = b'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\nContent-Type: application/pdf'
        chunks = (b"--x\r\n", part + b"\r\n\r\n", pdf(), b"\r\n--x--\r\n")

        status, _, _ = web.ask(
            "POST",
            JOBS + "extractions",
            owner,
            body=iter(chunks),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
        )

        assert status == 202

    def test_a_rubric_of_too_many_megabytes_in_chunks_is_413(self, web: Web, owner: Caller) -> None:
        status, _, told = in_chunks(web, owner, JOBS + "exports", {"title": "x" * 2 * MB, "criteria": []})

        assert (status, json.loads(told)["code"]) == (413, "document_too_large")

    def test_ten_megabytes_go_through(self, web: Web, owner: Caller) -> None:
        body = extraction(file=as_base64(pdf(10 * MB)))

        assert web.ask("POST", "/api/extract-rubric-trigger", owner, body=body)[0] == 202


class TestUnreadableHeads:
    @pytest.mark.parametrize("parameter", ["charset*=bogus''x", "charset*0;charset*=*0"])
    @pytest.mark.parametrize(
        ("method", "path", "content_type"),
        [
            ("GET", JOBS, "application/problem+json"),
            ("POST", JOBS + "exports", "application/problem+json"),
            *(("POST", f"{prefix}enhance-rubric-trigger", "application/json") for prefix in PREFIXES),
            ("GET", "/api/enhance-rubric-status", "application/json"),
            ("GET", "/", "application/json"),
        ],
    )
    def test_a_content_type_that_cannot_be_read_is_400_in_the_routes_shape(
        self, web: Web, method: str, path: str, content_type: str, parameter: str
    ) -> None:
        status, headers, told = web.ask(method, path, headers={"Content-Type": f"application/json; {parameter}"})

        assert (status, headers["content-type"]) == (400, content_type)
        assert b"malformed" in told

    @pytest.mark.parametrize("path", [JOBS, JOBS + "exports", "/api/enhance-rubric-trigger", "/api/error-codes"])
    def test_an_accept_header_that_cannot_be_read_is_400(self, web: Web, path: str) -> None:
        method = "POST" if path.endswith(("exports", "trigger")) else "GET"
        status, _, told = web.ask(method, path, headers={"Accept": "application/json; q*0;q*=1"})

        assert status == 400
        assert b"malformed" in told

    @pytest.mark.parametrize("name", ["Content-Disposition", "Content-Type"])
    def test_a_forms_part_whose_head_cannot_be_read_is_400(self, web: Web, owner: Caller, name: str) -> None:
        body = f"--x\r\n{name}: form-data; name*0;name*=a\r\n\r\nx\r\n--x--\r\n".encode()
        headers = {"Content-Type": "multipart/form-data; boundary=x"}

        status, _, told = web.ask("POST", JOBS + "extractions", owner, body=body, headers=headers)

        assert (status, json.loads(told)["code"]) == (400, "malformed")


class TestSynchronousRoutes:
    @pytest.mark.parametrize("prefix", PREFIXES)
    @pytest.mark.parametrize("kind", ["extract", "enhance"])
    def test_switched_off_they_name_the_trigger(self, web: Web, owner: Caller, prefix: str, kind: str) -> None:
        route = {"extract": "extract-rubric-from-document", "enhance": "enhance-rubric"}[kind]

        status, _, body = web.ask("POST", prefix + route, owner, body=extraction())

        assert (status, json.loads(body)["errorCode"]) == (410, "gone")
        assert f"{prefix}{kind}-rubric-trigger" in json.loads(body)["error"]

    def test_switched_on_they_wait_and_answer_the_bare_result(
        self,
        other_web: Callable[..., Web],
        owner: Caller,
        complete: Callable[..., None],
        fail: Callable[..., None],
    ) -> None:
        web = other_web(RUBRIC_SYNC_ENDPOINTS="true")
        for prefix in PREFIXES:
            with soon(lambda: complete(only_job())):
                status, _, body = web.ask("POST", prefix + "extract-rubric-from-document", owner, body=extraction())
            assert (status, json.loads(body)) == (200, RESULT)
            lifecycle.delete(job_id=only_job())

        for error, expected in ((NoRubricFound(), 422), (ProviderUnavailable(), 503)):
            with soon(lambda error=error: fail(only_job(), error)):  # type: ignore[misc]
                status, _, body = web.ask("POST", "/api/enhance-rubric", owner, body=enhancement())
            assert (status, json.loads(body)["errorCode"]) == (expected, error.code)
            lifecycle.delete(job_id=only_job())

        assert web.ask("POST", "/api/enhance-rubric", owner, body={})[0] == 422
        assert web.ask("POST", "/api/enhance-rubric", body=enhancement())[0] == 401

    @pytest.mark.parametrize(
        ("route", "body"), [("extract-rubric-from-document", extraction()), ("enhance-rubric", enhancement())]
    )
    def test_a_body_that_is_sent_in_chunks_is_read(
        self, other_web: Callable[..., Web], owner: Caller, route: str, body: dict[str, Any]
    ) -> None:
        web = other_web(RUBRIC_SYNC_ENDPOINTS="true", RUBRIC_SYNC_WAIT_SECONDS="0.5")

        assert in_chunks(web, owner, f"/api/{route}", body)[0] == 202

    def test_a_job_that_takes_longer_is_answered_with_its_id(
        self, other_web: Callable[..., Web], owner: Caller
    ) -> None:
        web = other_web(RUBRIC_SYNC_ENDPOINTS="true", RUBRIC_SYNC_WAIT_SECONDS="0.5")

        status, headers, body = web.ask("POST", "/api/enhance-rubric", owner, body=enhancement())

        assert (status, json.loads(body)["status"]) == (202, "pending")
        assert web.ask("GET", headers["location"], owner)[0] == 200


def test_connections_that_the_database_has_ended_while_they_waited_cost_no_request(
    other_web: Callable[..., Web], owner: Caller
) -> None:
    """As by a restart, a failover, or a pooler that ends what is idle."""
    web = other_web(DATABASE_URL=f"{database_url()}&application_name=ended")

    def ask(crowd: ThreadPoolExecutor) -> set[int]:
        def submit(_: int) -> list[int]:
            code, _, told = web.ask("POST", "/api/enhance-rubric-trigger", owner, body=enhancement())
            job_id = json.loads(told).get("jobId")
            paths = f"/api/enhance-rubric-status?jobId={job_id}", f"{JOBS}{job_id}", JOBS
            return [code, *(web.ask("GET", path, owner)[0] for path in paths)]

        return {code for codes in crowd.map(submit, range(8)) for code in codes}

    with ThreadPoolExecutor(8) as crowd:
        assert ask(crowd) == {200, 202}
        for _ in range(2):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'ended'"
                )
                assert len(cursor.fetchall()) >= 4
            assert ask(crowd) == {200, 202}


def test_without_a_database_every_route_is_503_and_says_when_to_come_back(
    other_web: Callable[..., Web], owner: Caller
) -> None:
    web = other_web(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    asked = [
        ("GET", f"/api/extract-rubric-status?jobId={uuid.uuid4()}", None),
        ("POST", "/api/enhance-rubric-trigger", enhancement()),
        ("GET", f"{JOBS}{uuid.uuid4()}", None),
    ]

    def answer(request: tuple[str, str, Any]) -> tuple[int, dict[str, str], bytes]:
        method, path, body = request
        return web.ask(method, path, owner, body=body)

    with ThreadPoolExecutor(len(asked)) as side_by_side:  # each waits some seconds for a connection
        answers = list(side_by_side.map(answer, asked))
    for status, headers, told in answers:
        assert status == 503, told
        assert int(headers["retry-after"]) > 0
        assert b"unavailable" in told
        assert b"127.0.0.1" not in told
    assert web.ask("GET", "/healthz")[0] == 200
