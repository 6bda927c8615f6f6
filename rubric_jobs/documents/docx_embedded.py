"""Converts embedded parts of other formats (`w:altChunk`) to Word's own markup.

Word does the same when it opens such a document, and saves the result.
"""

from __future__ import annotations

import email
import email.policy
import re
from typing import Any

from lxml import etree

from rubric_jobs.documents import docx_html
from rubric_jobs.documents.docx_numbering import W
from rubric_jobs.documents.docx_package import MOST_EMBEDDED, MOST_PARAGRAPHS, Package, open_package
from rubric_jobs.errors import DocumentError, DocumentTooLarge

REMEDY = "please open it in Word, save it again as a DOCX and upload the new copy."
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CHARSET = re.compile(
    rb"charset\s*=\s*[\"']?(utf-?8|utf-?16|us-ascii|latin-?1|(?:iso-8859|windows|cp|gb|big|koi8|euc|shift)[\w-]{1,9})",
    re.IGNORECASE,
)


def take_in(package: Package) -> str:
    """Replaces embedded parts by their text. Returns how an unreadable part is embedded ("as RTF"), or ""."""
    unread, paragraphs = "", 0
    for place in list(package.body.iter(f"{W}altChunk"))[:MOST_EMBEDDED]:
        blob = package.embedded.get(place.get(_ID, ""), b"")
        items = _items(blob)
        if items is None:
            unread = _name(blob)
            continue
        parent = place.getparent()
        at = parent.index(place)
        parent[at : at + 1] = items
        paragraphs += sum(1 for item in items for _ in item.iter(f"{W}p"))
        if paragraphs > MOST_PARAGRAPHS:
            raise DocumentTooLarge("The DOCX holds more text than this service reads.")
    return unread


def _items(blob: bytes) -> list[Any] | None:
    """The part as paragraphs and tables; None if its format is not supported."""
    if not blob.strip():
        return []
    if blob.startswith(b"PK"):
        return _document(blob)
    if _name(blob) == "as RTF":
        return None
    if re.match(rb"\s*(?:MIME-Version|From|Content-Type|Subject|Date|X-[\w-]+):", blob, re.IGNORECASE):
        return _web_archive(blob)
    text = _decoded(blob)
    if re.search(r"<(?:html|body|p|div|table|h\d|ul|ol|span)\b", text[:5000], re.IGNORECASE):
        return docx_html.items(text)
    return docx_html.plain_items(text)


def _name(blob: bytes) -> str:
    if blob.lstrip().startswith(b"{\\rtf"):
        return "as RTF"
    return "as another Word document" if blob.startswith(b"PK") else "as a web page"


def _document(blob: bytes) -> list[Any] | None:
    """The body of an embedded Word document, without its numbering, which refers to definitions of that document."""
    try:
        body = open_package(blob).body
    except DocumentTooLarge:
        raise
    except DocumentError:
        return None
    etree.strip_elements(body, f"{W}numPr", f"{W}altChunk", f"{W}sectPr", with_tail=False)
    return list(body)


def _web_archive(blob: bytes) -> list[Any] | None:
    message = email.message_from_bytes(blob, policy=email.policy.compat32)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            return docx_html.items(_decoded(payload)) if isinstance(payload, bytes) else None
    return None


def _decoded(blob: bytes) -> str:
    if blob.startswith((b"\xff\xfe", b"\xfe\xff")):
        return blob.decode("utf-16", "replace")
    stated = _CHARSET.search(blob[:2000])
    try:
        return blob.decode(stated.group(1).decode() if stated else "utf-8-sig")
    except (UnicodeDecodeError, LookupError):
        return blob.decode("cp1252", "replace")
