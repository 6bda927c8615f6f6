"""Trigger → row → worker → result → status, for both kinds of job."""

from __future__ import annotations

import io
import os
import time
import zipfile
from typing import Any

import docx
import pytest
from pypdf import PdfWriter

from rubric_jobs.documents import DOCX
from tests.acceptance.conftest import SAMPLE, WHOLE_RUBRIC, Service

pytestmark = pytest.mark.long

MB = 1024 * 1024


def padded_pdf(size: int) -> bytes:
    """The sample with an attachment that makes it so large."""
    writer = PdfWriter(clone_from=SAMPLE)
    plain = io.BytesIO()
    writer.write(plain)
    writer.add_attachment("scan.bin", os.urandom(size - len(plain.getvalue()) - 4096))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word_rubric() -> bytes:
    document = docx.Document()
    document.add_heading("Lab report rubric")
    table = document.add_table(rows=3, cols=4)
    rows = [
        ["Criterion", "Excellent (4)", "Good (3)", "Weak (1)"],
        ["Method", "Repeatable by others", "Mostly clear", "Unclear"],
        ["Results", "Complete, with errors", "Complete", "Partial"],
    ]
    for row, texts in zip(table.rows, rows, strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def padded_docx(size: int) -> bytes:
    plain = word_rubric()
    out = io.BytesIO(plain)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as package:
        package.writestr("word/media/photo.bin", os.urandom(size - len(plain) - 4096))
    return out.getvalue()


def test_a_pdf_becomes_a_rubric_without_a_model(service: Service) -> None:
    ended = service.ended(service.extract(llmProvider="local", totalPoints=100))
    assert ended["status"] == "completed"
    result = ended["result"]
    names = [criterion["name"] for criterion in result["rubric"]["criteria"]]
    assert names == ["Argument", "Bibliography", "Mechanics"]
    assert result["totalPoints"] == 100
    assert result["rubricText"].splitlines()[0] == "Essay Rubric"
    assert "- **Argument (50 pts)**:" in result["rubricText"]
    assert [category["categoryName"] for category in result["raw"]["categories"]] == names
    assert len(service.llm.history) == 0


def test_the_old_logs_figures_are_fields_of_performance(service: Service) -> None:
    performance = service.ended(service.extract(llmProvider="local"))["performance"]
    for name in ("duration_ms", "queue_time_ms", "extraction_time_ms", "file_size_kb", "token_usage"):
        assert isinstance(performance[name], int), name
    assert performance["categories_extracted"] == 3
    assert performance["file_size_kb"] == -(-SAMPLE.stat().st_size // 1024)
    assert performance["token_usage"] == 0
    assert performance["llm_provider"] == "local"


@pytest.mark.parametrize("provider", ["gemini", "openai"])
def test_a_forced_model_reads_the_document_and_its_tokens_are_counted(service: Service, provider: str) -> None:
    ended = service.ended(service.extract(llmProvider=provider))
    assert ended["status"] == "completed", ended
    assert ended["result"]["rubric"]["criteria"]
    assert ended["performance"]["llm_provider"] == provider
    assert ended["performance"]["token_usage"] > 0
    assert service.llm.history[-1].vendor == provider


def test_a_docx_becomes_a_rubric(service: Service) -> None:
    ended = service.ended(service.extract(word_rubric(), file_type=DOCX, llmProvider="local"))
    assert ended["result"]["totalPoints"] == 8
    assert [len(criterion["levels"]) for criterion in ended["result"]["rubric"]["criteria"]] == [3, 3]


def test_a_whole_rubric_is_enhanced_to_exactly_the_points_asked_for(service: Service) -> None:
    ended = service.ended(service.enhance(total=50, llmProvider="local"))
    points = {criterion["name"]: criterion["points"] for criterion in ended["result"]["rubric"]["criteria"]}
    assert points in ({"Thesis": 12, "Evidence": 25, "Style": 13}, {"Thesis": 13, "Evidence": 25, "Style": 12})
    assert ended["result"]["total_points"] == 50
    assert ended["result"]["enhanced_rubric"].startswith("**Scoring (50 pts total):**")


def test_a_few_rules_become_a_rubric_by_a_model(service: Service) -> None:
    ended = service.ended(service.enhance("Be clear. Cite sources. Check grammar.", total=40, llmProvider="gemini"))
    assert ended["status"] == "completed", ended
    criteria = ended["result"]["rubric"]["criteria"]
    assert 4 <= len(criteria) <= 8
    assert sum(criterion["points"] for criterion in criteria) == 40


def test_a_few_rules_without_a_model_fail_and_say_so(service: Service) -> None:
    ended = service.ended(service.enhance("Be clear. Cite sources.", llmProvider="local"))
    assert (ended["status"], ended["errorCode"]) == ("failed", "needs_model")


def test_the_same_document_again_is_answered_from_the_first_job(service: Service) -> None:
    first = service.ended(service.extract(llmProvider="gemini", extractionPrompt="twice"))
    calls = len(service.llm.history)
    again = service.ended(service.extract(llmProvider="gemini", extractionPrompt="twice"))
    assert again["result"] == first["result"]
    assert (again["performance"]["cache_hit"], again["performance"]["token_usage"]) == (True, 0)
    assert len(service.llm.history) == calls


def test_no_tenant_is_answered_from_anothers_job(service: Service) -> None:
    service.ended(service.extract(llmProvider="gemini", extractionPrompt="mine"))
    calls = len(service.llm.history)
    stranger = Service(service.address, service.database, service.llm)
    assert stranger.ended(stranger.extract(llmProvider="gemini", extractionPrompt="mine"))["status"] == "completed"
    assert len(service.llm.history) == calls + 1


def test_ten_megabytes_of_pdf_go_through(service: Service) -> None:
    data = padded_pdf(10 * MB)
    assert 9.9 * MB < len(data) <= 10 * MB
    assert service.ended(service.extract(data, llmProvider="local"))["status"] == "completed"


def test_ten_megabytes_of_docx_go_through(service: Service) -> None:
    data = padded_docx(10 * MB)
    assert 9.9 * MB < len(data) <= 10 * MB
    assert service.ended(service.extract(data, file_type=DOCX, llmProvider="local"))["status"] == "completed"


def test_uploaded_documents_are_gone_when_their_jobs_are_completed(service: Service) -> None:
    job_id = service.extract(llmProvider="local")
    service.ended(job_id)
    assert service.query("SELECT 1 FROM grader.rubric_job_inputs WHERE job_id = %s", job_id) == []


def test_on_an_idle_service_a_job_waits_less_than_a_second(service: Service) -> None:
    service.ended(service.enhance(WHOLE_RUBRIC, total=99, llmProvider="local"))  # by then the workers have started
    waits = []
    for number in range(40):
        job_id = service.enhance(WHOLE_RUBRIC, total=100 + number, llmProvider="local")
        waits.append(service.ended(job_id)["performance"]["queue_time_ms"])
    assert sorted(waits)[-1] < 1000


def delete_messages(service: Service) -> None:
    service.query("DELETE FROM public.django_q_ormq")


def test_without_any_django_q2_message_nothing_is_lost(service: Service) -> None:
    job_ids = []
    for number in range(10):
        job_ids.append(service.enhance(total=200 + number, llmProvider="local"))
        delete_messages(service)
    assert {service.ended(job_id)["status"] for job_id in job_ids} == {"completed"}


def test_django_q2_messages_that_come_twice_run_nothing_twice(service: Service, fake_llm: Any) -> None:
    def messages() -> int:
        return int(service.query("SELECT count(*) FROM public.django_q_ormq WHERE lock < now()")[0][0])

    from django_q.signing import SignedPackage

    task = {"id": "twice", "name": "twice", "func": "rubric_jobs.worker.pump", "args": (), "kwargs": {}, "timeout": -1}
    package = SignedPackage.dumps({**task, "started": None})
    for _ in range(6):
        service.query(
            "INSERT INTO public.django_q_ormq (key, payload, lock) VALUES ('rubric-jobs', %s, now() - interval '1 s')",
            package,
        )
    job_ids = [service.enhance(total=300 + number, llmProvider="local") for number in range(10)]
    for job_id in job_ids:
        assert service.ended(job_id)["status"] == "completed"
    attempts = service.query(
        "SELECT job_id, count(*) FROM grader.rubric_job_attempts WHERE job_id = ANY(%s::uuid[]) GROUP BY job_id",
        job_ids,
    )
    assert [count for _, count in attempts] == [1] * len(job_ids)
    deadline = time.monotonic() + 20
    while messages() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert messages() == 0
