"""Files that a spreadsheet opens, and of which it takes nothing for a formula (ASVS 1.2.10)."""

import csv
import io
from collections.abc import Iterable
from http import HTTPStatus

from flask import Response


def cell(value: object) -> str:
    """A cell that stays text, whatever it begins with."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"} else text


def csv_file(name: str, rows: Iterable[Iterable[object]]) -> Response:
    """Rows as a CSV file to save under that name."""
    out = io.StringIO()
    csv.writer(out).writerows([cell(value) for value in row] for row in rows)
    return Response(
        out.getvalue(),
        HTTPStatus.OK,
        {"Content-Disposition": f"attachment; filename={name}"},
        content_type="text/csv; charset=utf-8",
    )
