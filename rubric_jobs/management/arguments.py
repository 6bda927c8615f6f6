"""Types of command-line arguments."""

from __future__ import annotations

import argparse
import datetime
import re

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def age(text: str) -> datetime.timedelta:
    """`90s`, `30m`, `1h`, `7d`, and sums of them such as `1d12h`."""
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise argparse.ArgumentTypeError(f"{text!r} is not an age; write 90s, 30m, 1h or 7d")
    try:
        return datetime.timedelta(**{_UNITS[unit]: float(number) for number, unit in parts})
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is too long an age") from None
