"""A report as files: a table of conditions, and every pair with its two scores."""

import csv
import io
import json
from dataclasses import asdict
from pathlib import Path

from charlstm.errors import RunError
from charlstm.pairs.report import SHARES, Report
from charlstm.store.atomic import atomic_write


def write_csv(path: Path, report: Report) -> None:
    """One row for each condition; shares from 0 to 1, empty where nothing is known.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    axis = [report.asked.axis] if report.asked.axis else []
    text = io.StringIO()
    head = ["condition", "unseen", *axis, "pairs", *SHARES, "low", "high", "log_odds", "ties"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for name, row in report.to_mapping()["conditions"].items():
        low, high = row["interval"]
        known = row | {"condition": name, "low": low, "high": high}
        writer.writerow([known[key] for key in head])
    with atomic_write(path, RunError) as file:
        file.write(text.getvalue().encode())


def write_items(path: Path, report: Report) -> None:
    """JSON Lines: each pair as it was read, `score_good` and `score_bad` in nats, and `right`.

    Raises:
        RunError: if it cannot be written; what stood there before still does.
    """
    with atomic_write(path, RunError) as file:
        for one in report.scored:
            fields = {key: value for key, value in asdict(one.pair).items() if value is not None}
            scores = {"score_good": one.good, "score_bad": one.bad, "right": one.right}
            file.write(f"{json.dumps(fields | scores, ensure_ascii=False)}\n".encode())
