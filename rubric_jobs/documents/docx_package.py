"""Opens a DOCX within limits. The unpacked size of a hostile archive is known before anything is unpacked.

Like Word, this accepts dangling relations, templates, the strict variant of the format, and part names in another
case.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import unquote

from lxml import etree

from rubric_jobs.errors import DocumentTooLarge, EncryptedDocument, UnreadableDocument

MOST_MEMBERS = 2_000
MOST_BYTES = 120 * 1024 * 1024
MOST_XML_BYTES = 24 * 1024 * 1024
"""Limit for the markup of one part. A rubric's is well under a megabyte."""
HIGHEST_RATIO = 200
RATIO_FREE_BYTES = 2 * 1024 * 1024
MOST_PARAGRAPHS = 40_000
MOST_RELATIONS = 20_000
_CHUNK = 1 << 20
_PARAGRAPH = re.compile(rb"<(?:\w{1,20}:)?p[\s/>]")

# ISO/IEC 29500 Strict ("Strict Open XML Document" in Word) uses other namespace names.
_STRICT = "http://purl.oclc.org/ooxml/"
_TRANSITIONAL = {
    b"http://purl.oclc.org/ooxml/wordprocessingml/main": b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
    b"http://purl.oclc.org/ooxml/drawingml/": b"http://schemas.openxmlformats.org/drawingml/2006/",
}


class Relation(NamedTuple):
    """`kind` is the last segment of the relation's type, which is the same in both variants of the format."""

    id: str
    kind: str
    target: str


@dataclass(frozen=True, slots=True)
class Package:
    """The parsed parts that reading needs. `embedded` are the embedded parts by relation id."""

    body: Any
    numbering: Any | None
    styles: Any | None
    pages: int
    embedded: dict[str, bytes] = field(default_factory=dict)


def open_package(data: bytes) -> Package:
    """Raises UnreadableDocument, EncryptedDocument or DocumentTooLarge."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_archive(archive)
            return _package(_Parts.of(archive))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, ValueError, OSError, zlib.error) as error:
        raise UnreadableDocument("The DOCX is damaged; please save it again and upload the new copy.") from error
    except etree.XMLSyntaxError as error:
        raise UnreadableDocument from error


def _package(parts: _Parts) -> Package:
    name = parts.main_document()
    root = parts.parsed(name)
    body = root.find("{*}body") if root is not None else None
    if body is None:
        raise UnreadableDocument
    relations = parts.relations(name)
    found = {relation.kind: relation.target for relation in reversed(relations)}
    embedded: dict[str, bytes] = {}
    for relation in relations:
        if relation.kind == "aFChunk" and len(embedded) < MOST_EMBEDDED:
            embedded[relation.id] = parts.read(relation.target, MOST_EMBEDDED_BYTES)
    return Package(
        body=body,
        numbering=parts.parsed(found.get("numbering", "")),
        styles=parts.parsed(found.get("styles", "")),
        pages=_stated_pages(parts),
        embedded=embedded,
    )


MOST_EMBEDDED = 20
MOST_EMBEDDED_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Parts:
    """The archive's members by case-insensitive name. A missing member reads as empty."""

    archive: zipfile.ZipFile
    members: dict[str, zipfile.ZipInfo]

    @classmethod
    def of(cls, archive: zipfile.ZipFile) -> _Parts:
        return cls(archive, {part_name(member.filename): member for member in archive.infolist()})

    def read(self, name: str, most: int = MOST_XML_BYTES) -> bytes:
        member = self.members.get(name)
        if member is None or member.is_dir():
            return b""
        with self.archive.open(member) as stream:
            blob = stream.read(most + 1)
        if len(blob) > most:
            raise DocumentTooLarge("The DOCX holds more text than this service reads.")
        return blob

    def parsed(self, name: str) -> Any | None:
        blob = self.read(name)
        return _parsed(blob) if blob else None

    def relations(self, name: str) -> list[Relation]:
        folder, base = posixpath.split(name)
        try:
            root = self.parsed(posixpath.join(folder, "_rels", f"{base}.rels"))
        except etree.XMLSyntaxError:
            return []
        found: list[Relation] = []
        for item in root.iterchildren("{*}Relationship") if root is not None else ():
            target = part_name(posixpath.normpath(posixpath.join("/", folder, unquote(item.get("Target", "")))))
            if item.get("TargetMode") != "External" and target in self.members and len(found) < MOST_RELATIONS:
                found.append(Relation(item.get("Id", ""), item.get("Type", "").rpartition("/")[2], target))
        return found

    def main_document(self) -> str:
        stated = [relation.target for relation in self.relations("") if relation.kind == "officeDocument"]
        return stated[0] if stated else "word/document.xml"


def part_name(member: str) -> str:
    """The normalised member name. Some programs write backslashes, a leading slash or another case."""
    return member.replace("\\", "/").lstrip("/").lower()


def _check_archive(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    _check_sizes(members)
    for member in members:
        _check_member(archive, member)


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS or sum(m.file_size for m in members) > MOST_BYTES:
        raise DocumentTooLarge("The DOCX unpacks to more than this service reads.")
    for member in members:
        if member.flag_bits & 1:
            raise EncryptedDocument
        is_bomb = member.file_size > RATIO_FREE_BYTES and member.file_size > HIGHEST_RATIO * max(
            member.compress_size, 1
        )
        if is_bomb or (_is_markup(member) and member.file_size > MOST_XML_BYTES):
            raise DocumentTooLarge("The DOCX unpacks to more than this service reads.")


def _is_markup(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith((".xml", ".rels"))


def _check_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Reads a part of markup to the end, because the sizes that an archive states can be false."""
    if not _is_markup(member):
        return
    size = paragraphs = 0
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            paragraphs += len(_PARAGRAPH.findall(chunk))
            if size > MOST_XML_BYTES or paragraphs > MOST_PARAGRAPHS:
                raise DocumentTooLarge("The DOCX holds more text than this service reads.")
            if b"<!DOCTYPE" in chunk or b"<!ENTITY" in chunk:
                raise UnreadableDocument("The DOCX holds markup that Word never writes and was not read.")


def _parsed(blob: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(blob, parser)
    _refuse_doctype(root)
    if root.tag.startswith(f"{{{_STRICT}"):
        markup = etree.tostring(root, encoding="utf-8")
        for strict, transitional in _TRANSITIONAL.items():
            markup = markup.replace(strict, transitional)
        root = etree.fromstring(markup, parser)
    return root


def _refuse_doctype(root: Any) -> None:
    """Asks the parsed tree. A search in the bytes would miss a doctype in UTF-16."""
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableDocument("The DOCX holds markup that Word never writes and was not read.")


def _stated_pages(parts: _Parts) -> int:
    """The page count that Word stored, if any."""
    try:
        root = parts.parsed("docprops/app.xml")
    except etree.XMLSyntaxError:
        return 1
    stated = (root.findtext("{*}Pages") or "").strip() if root is not None else ""
    return max(1, int(stated)) if stated.isdecimal() and len(stated) < 6 else 1
