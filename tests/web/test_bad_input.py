"""What can be judged without parsing is refused at the trigger: one sentence, one code, and no row."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest

from rubric_jobs.models import RubricJob
from tests.conftest import Caller
from tests.web.conftest import DOCX, PDF, as_base64, body_of, docx, enhancement, extraction, pdf

pytestmark = pytest.mark.django_db

TRIGGER = "/api/extract-rubric-trigger"
ENHANCE = "/api/enhance-rubric-trigger"


def zipped(**members: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as package:
        for name, text in members.items():
            package.writestr(name.replace("__", "/"), text)
    return packed.getvalue()


def refused(answer: Any, status: int, code: str) -> str:
    """The sentence of a refusal, in the old front end's shape; nothing was written."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"].startswith("application/json")
    told = body_of(answer)
    assert (told["success"], told["status"], told["errorCode"]) == (False, "failed", code)
    assert told["error"] == told["message"]
    assert not RubricJob.objects.exists()
    return str(told["error"])


FILES = {
    "an empty file": (b"", PDF, 422, "empty_document"),
    "a file of zeros": (b"\0" * 100, PDF, 422, "empty_document"),
    "a text that calls itself a PDF": (b"These are no PDF bytes.", PDF, 415, "unsupported_type"),
    "a truncated PDF": (pdf()[:-10], PDF, 422, "unreadable_document"),
    "a ZIP that is no DOCX": (zipped(readme="hello"), DOCX, 415, "unsupported_type"),
    "an Excel workbook": (zipped(xl__workbook="<x/>"), DOCX, 415, "unsupported_type"),
    "a truncated DOCX": (docx()[:-30], DOCX, 422, "unreadable_document"),
    "a DOCX with macros": (
        zipped(**{"[Content_Types].xml": "", "word__document.xml": "", "word__vbaProject.bin": ""}),
        DOCX,
        415,
        "unsupported_type",
    ),
    "an encrypted DOCX": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
        DOCX,
        422,
        "encrypted_document",
    ),
    "an old .doc": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "application/msword", 415, "unsupported_type"),
    "a text of a type that says nothing": (
        b"These are no PDF bytes.",
        "application/octet-stream",
        415,
        "unsupported_type",
    ),
    "a picture of another kind": (b"GIF89a" + b"\0" * 50, "image/gif", 415, "unsupported_type"),
    "half a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image/png", 422, "unreadable_document"),
    "a picture that unpacks to gigabytes": (
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\0\0\0\0",
        "image/png",
        413,
        "document_too_large",
    ),
}


@pytest.mark.parametrize(("data", "file_type", "status", "code"), FILES.values(), ids=FILES.keys())
def test_a_file_that_cannot_be_read_is_refused(
    owner: Caller, data: bytes, file_type: str, status: int, code: str
) -> None:
    sent = extraction(file=as_base64(data), fileType=file_type)

    refused(owner.client.post(TRIGGER, sent, format="json"), status, code)


@pytest.mark.parametrize(
    "file",
    ["$$$$", "JVBERi0x!", "JVBER", "data:application/pdf;base64,***", "data:application/pdf,abc"],
)
def test_broken_base64_is_refused(owner: Caller, file: str) -> None:
    sentence = refused(owner.client.post(TRIGGER, extraction(file=file), format="json"), 422, "invalid_field")

    assert "base64" in sentence


def test_half_characters_are_no_base64(owner: Caller) -> None:
    body = json.dumps(extraction(file="JVBERi0\ud800"))
    sentence = refused(owner.client.post(TRIGGER, body, content_type="application/json"), 422, "invalid_field")

    assert "base64" in sentence


@pytest.mark.parametrize(
    "claimed", ["application/octet-stream", "", DOCX, "text/plain", "Application/PDF; charset=binary", "nonsense"]
)
def test_the_content_decides_whatever_the_type_claims(owner: Caller, claimed: str) -> None:
    sent = extraction(fileType=claimed)

    assert owner.client.post(TRIGGER, sent, format="json").status_code == 202
    assert RubricJob.objects.get().file_type == PDF


@pytest.mark.parametrize("prefix", ["/api/", "/.netlify/functions/"])
def test_a_file_of_eleven_megabytes_is_413(owner: Caller, prefix: str) -> None:
    sent = extraction(file=as_base64(pdf(11 * 1024 * 1024)))

    sentence = refused(
        owner.client.post(prefix + "extract-rubric-trigger", sent, format="json"), 413, "document_too_large"
    )

    assert "10 MB" in sentence


def test_a_file_one_byte_over_the_limit_is_413(owner: Caller) -> None:
    sent = extraction(file=as_base64(pdf(10 * 1024 * 1024 + 1)))

    refused(owner.client.post(TRIGGER, sent, format="json"), 413, "document_too_large")


BODIES = {
    "a list": "[1, 2]",
    "a string": '"file"',
    "null": "null",
    "no JSON": "{file:",
    "lists nested 100,000 deep": "[" * 100_000,
    "objects nested 100,000 deep": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "bytes that are no UTF-8": b'{"file": "\xff\xfe"}',
    "NaN": '{"totalPoints": NaN}',
    "a number of 10,000 digits": '{"totalPoints": ' + "9" * 10_000 + "}",
}


@pytest.mark.parametrize("route", [TRIGGER, ENHANCE])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_no_json_object_is_400(owner: Caller, route: str, body: str | bytes) -> None:
    refused(owner.client.generic("POST", route, body, content_type="application/json"), 400, "malformed")


def test_a_question_of_too_many_words_is_400(owner: Caller) -> None:
    refused(owner.client.get("/api/extract-rubric-status?" + "&".join(["a"] * 1_001)), 400, "malformed")


def test_a_body_of_another_type_is_415(owner: Caller) -> None:
    refused(owner.client.generic("POST", TRIGGER, "file=x", content_type="text/plain"), 415, "unsupported_media_type")


def test_a_wrong_method_is_405_in_the_old_shape(owner: Caller) -> None:
    for method in ("get", "put", "patch", "delete"):
        answer = getattr(owner.client, method)(TRIGGER)
        refused(answer, 405, "method_not_allowed")
        assert answer["Allow"] == "POST"


FIELDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "no file": (TRIGGER, {"file": None}, "file"),
    "a file that is a list": (TRIGGER, {"file": ["a"]}, "file"),
    "a file that is a number": (TRIGGER, {"file": 1.5}, "file"),
    "no name": (TRIGGER, {"fileName": ""}, "fileName"),
    "a name with a NUL": (TRIGGER, {"fileName": "a\0b.pdf"}, "fileName"),
    "a name with half a character": (TRIGGER, {"fileName": "\ud83d.pdf"}, "fileName"),
    "a name without end": (TRIGGER, {"fileName": "a" * 1000}, "fileName"),
    "no type": (TRIGGER, {"fileType": None}, "fileType"),
    "a total that is a word": (TRIGGER, {"totalPoints": "many"}, "totalPoints"),
    "a total below nothing": (TRIGGER, {"totalPoints": -1}, "totalPoints"),
    "a total that is an object": (TRIGGER, {"totalPoints": {"a": 1}}, "totalPoints"),
    "a total beyond all numbers": (TRIGGER, {"totalPoints": "1e400"}, "totalPoints"),
    "a total that takes a gigabyte to write": (TRIGGER, {"totalPoints": "1e-999999999"}, "totalPoints"),
    "a total of nothing that does": (TRIGGER, {"totalPoints": "0e-999999999"}, "totalPoints"),
    "an unknown provider": (TRIGGER, {"llmProvider": "oracle"}, "llmProvider"),
    "a provider that is a list": (TRIGGER, {"llmProvider": ["local"]}, "llmProvider"),
    "an instruction without end": (TRIGGER, {"extractionPrompt": "a" * 100_000}, "extractionPrompt"),
    "no rules": (ENHANCE, {"simple_rules": "   "}, "simple_rules"),
    "rules that are an object": (ENHANCE, {"simple_rules": {}}, "simple_rules"),
    "a total of nothing": (ENHANCE, {"total_points": 0}, "total_points"),
    "a total for rules that takes a gigabyte": (ENHANCE, {"total_points": "1e-999999999"}, "total_points"),
    "a total in thirds": (ENHANCE, {"total_points": 3.33}, "total_points"),
}


@pytest.mark.parametrize(("route", "changed", "field"), FIELDS.values(), ids=FIELDS.keys())
def test_an_invalid_field_is_422_and_named(owner: Caller, route: str, changed: dict[str, Any], field: str) -> None:
    body = {**(extraction() if route == TRIGGER else enhancement()), **changed}

    answer = owner.client.generic("POST", route, json.dumps(body), content_type="application/json")

    assert field in refused(answer, 422, "invalid_field")


def test_a_missing_field_is_named_with_all_the_others(owner: Caller) -> None:
    sentence = refused(owner.client.post(TRIGGER, {}, format="json"), 422, "invalid_field")

    assert all(name in sentence for name in ("file", "fileName", "fileType"))


def test_no_body_at_all_misses_every_field(owner: Caller) -> None:
    answer = owner.client.generic("POST", TRIGGER, "", content_type="application/json")

    assert "fileName" in refused(answer, 422, "invalid_field")


def test_the_old_front_ends_null_fields_are_no_error(owner: Caller) -> None:
    sent = extraction(totalPoints=None, geminiModel=None, extractionPrompt=None, llmProvider=None, llmModel=None)

    assert owner.client.post(TRIGGER, sent, format="json").status_code == 202


def test_a_model_that_callers_may_not_ask_for_is_named_with_those_they_may(owner: Caller, settings: Any) -> None:
    settings.RUBRIC_LLM_MODELS = ["gemini-3.5-flash-lite"]
    asked = {**enhancement(), "llmModel": "gemini-dearest"}
    refused = owner.client.post("/api/rubric-jobs/enhancements", asked, format="json")
    assert refused.status_code == 422
    assert "gemini-3.5-flash-lite" in refused.json()["errors"]["llmModel"][0]
    for allowed in ({"llmModel": "gemini-3.5-flash-lite"}, {"geminiModel": "gemini-2.0-flash"}):
        taken = owner.client.post("/api/enhance-rubric-trigger", {**enhancement(), **allowed}, format="json")
        assert taken.status_code == 202


@pytest.mark.parametrize("path", ["/api/enhance-rubric-trigger", "/api/rubric-jobs/enhancements"])
def test_a_charset_that_is_no_texts_is_400_in_the_routes_shape(owner: Caller, path: str) -> None:
    answer = owner.client.generic("POST", path, b"{}", content_type="application/json; charset=zip")
    assert answer.status_code == 400
    assert "charset" in answer.content.decode()
