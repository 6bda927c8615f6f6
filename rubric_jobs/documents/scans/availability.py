"""Whether text can be recognised here. Imports nothing heavy: web processes ask too."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

PACKAGES = {"tesserocr": "tesserocr", "cv2": "opencv-python-headless", "numpy": "numpy", "PIL": "pillow"}
"""The modules that recognition imports, and the packages that they come with."""
_PLACES = ("/usr/share/tesseract-ocr/*/tessdata", "/usr/share/tessdata", "/usr/local/share/tessdata")
"""Where distributions keep Tesseract's data."""
SUFFIX = ".traineddata"
ORIENTATION = "osd"
MODELS: dict[str, Sequence[str]] = {
    "Latin": ("Latin", "script/Latin", "eng+deu+fra+spa", "eng"),
    "Cyrillic": ("Cyrillic", "script/Cyrillic", "rus"),
    "Han": ("HanS", "script/HanS", "chi_sim"),
    "Japanese": ("Japanese", "script/Japanese", "jpn"),
    "Korean": ("Hangul", "script/Hangul", "kor"),
}
"""For each script that orientation detection names, the models for it, best first. Each reads Latin letters too."""


def data_folder() -> Path | None:
    """The newest folder with Tesseract's data for orientation."""
    found = [path for place in _PLACES for path in sorted(Path("/").glob(place.lstrip("/")), reverse=True)]
    return next((path for path in found if (path / f"{ORIENTATION}{SUFFIX}").is_file()), None)


def model_for(script: str, folder: Path) -> str | None:
    """The best installed model for a script; that for Latin letters where there is none."""
    for wanted in (script, "Latin"):
        for name in MODELS.get(wanted, ()):
            if all((folder / f"{part}{SUFFIX}").is_file() for part in name.split("+")):
                return name
    return None


def missing() -> list[str]:
    """What has to be installed before text can be recognised; empty where nothing is missing."""
    absent = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    folder = data_folder()
    if folder is None:
        absent.append("tesseract-ocr-osd")
    if folder is None or model_for("Latin", folder) is None:
        absent.append("tesseract-ocr-script-latn")
    return absent


def is_installed() -> bool:
    return not missing()
