"""Opening a DOCX within limits: what a hostile archive would unpack to is known before anything is unpacked."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from lxml import etree

from rubric_jobs.errors import DocumentTooLarge, EncryptedDocument, UnreadableDocument

MOST_MEMBERS = 2_000
MOST_BYTES = 120 * 1024 * 1024
MOST_XML_BYTES = 24 * 1024 * 1024
"""One part's markup; a rubric's own is well under a megabyte."""
HIGHEST_RATIO = 200
RATIO_FREE_BYTES = 2 * 1024 * 1024
MOST_PARAGRAPHS = 40_000
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Package:
    """The parts of a Word document that reading needs, parsed."""

    body: Any
    numbering: Any | None
    styles: Any | None
    pages: int


def open_package(data: bytes) -> Package:
    """Raises UnreadableDocument, EncryptedDocument or DocumentTooLarge."""
    _check_archive(data)
    try:
        document = docx.Document(io.BytesIO(data))
    except (KeyError, ValueError, OSError, etree.XMLSyntaxError, zipfile.BadZipFile, AttributeError) as error:
        raise UnreadableDocument from error
    _refuse_doctype(document.element)
    part = document.part
    return Package(
        body=document.element.body,
        numbering=_related(part, RELATIONSHIP_TYPE.NUMBERING),
        styles=_related(part, RELATIONSHIP_TYPE.STYLES),
        pages=_stated_pages(data),
    )


def _check_archive(data: bytes) -> None:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = archive.infolist()
        _check_sizes(members)
        for member in members:
            _check_member(archive, member)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise UnreadableDocument("The DOCX is damaged; please save it again and upload the new copy.") from error


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > MOST_BYTES:
        raise DocumentTooLarge("The DOCX unpacks to more than this service reads.")
    for member in members:
        if member.flag_bits & 1:
            raise EncryptedDocument
        is_bomb = member.file_size > RATIO_FREE_BYTES and member.file_size > HIGHEST_RATIO * max(
            member.compress_size, 1
        )
        is_markup = member.filename.endswith((".xml", ".rels"))
        if is_bomb or (is_markup and member.file_size > MOST_XML_BYTES):
            raise DocumentTooLarge("The DOCX unpacks to more than this service reads.")


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Reads through a part of markup: the sizes that an archive states about itself can be lies."""
    if not member.filename.endswith((".xml", ".rels")):
        return
    size = paragraphs = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            paragraphs += chunk.count(b"<w:p>") + chunk.count(b"<w:p ") + chunk.count(b"<w:p/>")
            if size > MOST_XML_BYTES or paragraphs > MOST_PARAGRAPHS:
                raise DocumentTooLarge("The DOCX holds more text than this service reads.")
            if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
                raise UnreadableDocument("The DOCX holds markup that Word never writes and was not read.")


def _related(part: Any, kind: str) -> Any | None:
    for relation in part.rels.values():
        if relation.reltype == kind and not relation.is_external:
            target = relation.target_part
            element = getattr(target, "element", None)
            return element if element is not None else _parsed(target.blob)
    return None


def _parsed(blob: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    root = etree.fromstring(blob, parser)
    _refuse_doctype(root)
    return root


def _refuse_doctype(root: Any) -> None:
    """As the parser saw it: in UTF-16, none of its bytes look like one."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument("The DOCX holds markup that Word never writes and was not read.")


def _stated_pages(data: bytes) -> int:
    """Word's own count, where it left one."""
    try:
        root = _parsed(zipfile.ZipFile(io.BytesIO(data)).read("docProps/app.xml"))
    except (KeyError, etree.XMLSyntaxError):
        return 1
    stated = (root.findtext("{*}Pages") or "").strip()
    return max(1, int(stated)) if stated.isdecimal() and len(stated) < 6 else 1
