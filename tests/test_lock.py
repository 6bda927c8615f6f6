"""The lock files: every package of the whole set, at the version that the requirements ask for, with its hashes.

`.ci/run` installs them into a clean virtual environment with `pip install --require-hashes`.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = {
    "requirements.txt": ["requirements.lock"],
    "requirements-dev.txt": ["requirements.lock", "requirements-dev.lock"],
    "requirements-ocr.txt": ["requirements-ocr.lock"],
    "benchmarks/requirements.txt": ["requirements.lock", "requirements-dev.lock", "benchmarks/requirements.lock"],
}


def asked_for(requirements: str) -> dict[str, str]:
    lines = (PROJECT / requirements).read_text().splitlines()
    found = (re.match(r"([\w.-]+)(?:\[[\w, ]+\])?==(\S+)", line) for line in lines)
    return {normal(match[1]): match[2] for match in found if match}


def locked(*locks: str) -> dict[str, tuple[str, int]]:
    """Version and number of hashes by package."""
    found: dict[str, tuple[str, int]] = {}
    for lock in locks:
        blocks = re.split(r"^(?=\w)", (PROJECT / lock).read_text(), flags=re.MULTILINE)
        for block in blocks:
            if match := re.match(r"([\w.-]+)(?:\[[\w, ]+\])?==(\S+)", block):
                assert normal(match[1]) not in found, f"{match[1]} is locked twice"
                found[normal(match[1])] = match[2], len(re.findall(r"--hash=sha256:[0-9a-f]{64}", block))
    return found


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirements", LOCKS)
def test_a_lock_holds_what_its_requirements_ask_for(requirements: str) -> None:
    versions = {name: version for name, (version, _) in locked(*LOCKS[requirements]).items()}
    wanted = asked_for(requirements)
    assert wanted
    assert {name: versions.get(name) for name in wanted} == wanted, "run: make lock"


def test_every_locked_package_has_a_hash() -> None:
    whole = locked(*LOCKS["benchmarks/requirements.txt"])
    assert len(whole) > 130
    assert [name for name, (_, hashes) in whole.items() if not hashes] == []


def test_make_and_the_image_install_nothing_without_hashes() -> None:
    for name in ("Makefile", "Dockerfile"):
        text = (PROJECT / name).read_text().replace("\\\n", " ")
        installs = re.findall(r"pip install.*", text)
        assert any("--require-hashes" in line for line in installs), name
        for line in installs:
            # Tools of one target are pinned on its own line.
            assert "--require-hashes" in line or re.search(r"[\w-]+==[\d.]+$", line), f"{name}: {line}"
        assert not re.search(r"--requirement \S*requirements\S*\.txt", text), name
