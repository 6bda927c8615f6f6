"""The wire format of requests. The format of answers is in `responses.py`."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator as HalfCharactersValidator

from rubric_jobs import conf, documents
from rubric_jobs.documents import picture_pages, picture_sizes
from rubric_jobs.errors import DocumentTooLarge, InvalidPoints
from rubric_jobs.models import Kind, Status
from rubric_jobs.rubric import points
from rubric_jobs.rubric.model import bounded_decimals

PROVIDERS = ("auto", "gemini", "openai", "local")
LONGEST_FILE_NAME = 255
LONGEST_MODEL_NAME = 100
LONGEST_INSTRUCTION = 20_000
LONGEST_RULES = 200_000
LONGEST_WAIT_S = 25
MOST_POINTS = int(points.LARGEST_TARGET)
LONGEST_PAGE = 100


class Text(serializers.CharField):
    """A string; Django REST framework's own field accepts numbers too."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class Total(serializers.DecimalField):
    """Points as an exact number, given as a number or as text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool):
            self.fail("invalid")
        value = super().to_internal_value(repr(data) if isinstance(data, float) else data)
        try:
            return bounded_decimals(value)
        except ValueError:
            self.fail("invalid")


@extend_schema_field(
    {"anyOf": [
        {"type": "number", "minimum": 0, "maximum": MOST_POINTS},
        {"type": "string", "pattern": r"^\d{1,5}(\.\d{1,4})?$"},
        {"type": "null"},
    ]}
)  # fmt: skip
class StatedTotal(Total):
    """The total that an extraction's caller expects. It is compared; nothing is rescaled."""


@extend_schema_field(
    {"anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": MOST_POINTS, "multipleOf": 0.25},
        {"type": "string", "pattern": r"^([1-9]\d{0,4}(\.(0|00|25|5|50|75))?)?$"},
        {"type": "null"},
    ]}
)  # fmt: skip
class TargetTotal(Total):
    """The total of an enhanced rubric. Without one, a whole rubric keeps its own."""


@extend_schema_field({"type": "string", "enum": [*PROVIDERS, None]})
class ProviderChoice(serializers.ChoiceField):
    """The provider to use; null and `auto` leave the choice to the service."""


@extend_schema_field({"type": "string", "minLength": 4, "contentEncoding": "base64"})
class Base64File(Text):
    """A file's bytes as base64, or as a `data:` URL."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        # It takes a second for 10 MB, and surrogates are not base64 anyway.
        self.validators = [each for each in self.validators if not isinstance(each, HalfCharactersValidator)]


class JobSerializer(serializers.Serializer[Any]):
    """The provider and model, which both kinds of job have. Naming a model does not force a provider."""

    llmProvider = ProviderChoice(PROVIDERS, required=False, allow_null=True)
    llmModel = Text(required=False, allow_null=True, allow_blank=True, max_length=LONGEST_MODEL_NAME)
    geminiModel = Text(required=False, allow_null=True, allow_blank=True, max_length=LONGEST_MODEL_NAME)

    def validate_llmModel(self, name: str | None) -> str | None:  # noqa: N802 - named after its field
        allowed = conf.allowed_models()
        if name and allowed is not None and name not in allowed:
            raise serializers.ValidationError(f"This must be one of {', '.join(sorted(allowed))}.")
        return name

    def job(self) -> dict[str, Any]:
        """The keywords for `lifecycle.submit`."""
        raise NotImplementedError

    def provider_parameters(self) -> dict[str, Any]:
        """`provider`: the forced one or None; `models`: the wanted model by provider."""
        given = self.validated_data
        forced = given.get("llmProvider")
        provider = None if forced in {None, "auto"} else forced
        models = {"gemini": given["geminiModel"]} if given.get("geminiModel") else {}
        if given.get("llmModel"):
            wanted = [provider] if provider else [name for name in PROVIDERS if given["llmModel"].startswith(name)]
            models |= dict.fromkeys(wanted or ["openai"], given["llmModel"])
        return {"provider": provider, "models": models}


class ExtractionSerializer(JobSerializer):
    file = Base64File(trim_whitespace=False, allow_blank=True, write_only=True)
    fileName = Text(max_length=LONGEST_FILE_NAME)
    fileType = Text(max_length=200, allow_blank=True)
    totalPoints = StatedTotal(required=False, allow_null=True, min_value=0, max_value=MOST_POINTS)
    extractionPrompt = Text(required=False, allow_null=True, allow_blank=True, max_length=LONGEST_INSTRUCTION)

    pagePictures = serializers.BooleanField(required=False, default=False)

    def validate_file(self, text: str) -> bytes:
        """The file's bytes, from base64 or a `data:` URL; its size is checked before decoding."""
        encoded = text.partition(",")[2] if text.startswith("data:") else text
        if len(encoded) > conf.max_file_bytes() * 4 // 3 + 4:
            raise DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("This is not valid base64.") from None
        if len(data) > conf.max_file_bytes():
            raise DocumentTooLarge(f"The file is larger than {conf.max_file_mb()} MB.")
        return data

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        # The type is only a claim: machines without Office send a DOCX as application/octet-stream or without a type.
        return {**given, "fileType": documents.sniff(given["file"])}

    def job(self) -> dict[str, Any]:
        given = self.validated_data
        total = given.get("totalPoints")
        return {
            "kind": Kind.EXTRACT,
            "file_name": given["fileName"],
            "file_type": given["fileType"],
            "data": given["file"],
            "parameters": {
                "total_points": None if total is None else str(total),
                "instruction": given.get("extractionPrompt") or "",
                **({"page_pictures": True} if given["pagePictures"] else {}),
                **self.provider_parameters(),
            },
        }


class EnhancementSerializer(JobSerializer):
    simple_rules = Text(max_length=LONGEST_RULES)
    rubric_prompt = Text(required=False, allow_null=True, allow_blank=True, max_length=LONGEST_INSTRUCTION)
    total_points = TargetTotal(required=False, allow_null=True)

    def validate_total_points(self, total: Any) -> Any:
        if total is None:
            return None
        try:
            return points.check_target(total)
        except InvalidPoints as error:
            raise serializers.ValidationError(str(error)) from None

    def job(self) -> dict[str, Any]:
        given = self.validated_data
        total = given.get("total_points")
        return {
            "kind": Kind.ENHANCE,
            "file_name": "rules.txt",
            "file_type": "text/plain",
            "data": given["simple_rules"].encode(),
            "parameters": {
                "total_points": None if total is None else str(total),
                "instruction": given.get("rubric_prompt") or "",
                **self.provider_parameters(),
            },
        }


class UploadSerializer(ExtractionSerializer):
    """An extraction as a form with the document as a part, or photos of its pages as several, in order.

    The first part's name and type are the defaults.
    """

    file = serializers.ListField(  # type: ignore[assignment]
        child=serializers.FileField(allow_empty_file=True), min_length=1, max_length=picture_pages.MOST_PAGES
    )
    fileName = Text(max_length=LONGEST_FILE_NAME, required=False)
    fileType = Text(max_length=200, required=False, allow_blank=True)

    def validate_file(self, uploads: Any) -> Any:
        if sum(upload.size for upload in uploads) > conf.max_file_bytes():  # before they are read into memory
            which = "The file is" if len(uploads) == 1 else "The files together are"
            raise DocumentTooLarge(f"{which} larger than {conf.max_file_mb()} MB.")
        return uploads

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        first, *others = given["file"]
        named = {"fileName": first.name[-LONGEST_FILE_NAME:], "fileType": first.content_type or ""}
        data = first.read()
        if others:
            data = _joined([data, *(upload.read() for upload in others)])
        return super().validate({**named, **given, "file": data})


def _joined(pictures: list[bytes]) -> bytes:
    if any(documents.sniff(picture) not in picture_sizes.PICTURES for picture in pictures):
        raise serializers.ValidationError({"file": ["Several files make one document only where all are pictures."]})
    return picture_pages.joined(pictures)


class JobFilter(serializers.Serializer[Any]):
    """The filters of a list of jobs."""

    status = serializers.ChoiceField(Status.choices, required=False)
    kind = serializers.ChoiceField(Kind.choices, required=False)


class PageSerializer(serializers.Serializer[Any]):
    limit = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST_PAGE)


class WaitSerializer(serializers.Serializer[Any]):
    wait = serializers.FloatField(required=False, default=0.0, min_value=0.0, max_value=float(LONGEST_WAIT_S))
