"""A server that assigns users and tells Segment with segment-analytics-python.

Usage: python python_server.py <address of the receiver>
Prints: JSON, list of warnings.
"""

import datetime as dt
import json
import logging
import sys
from pathlib import Path

from segment.analytics import Client

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "instrumentation" / "python"))
from segment_experiments_tracking import Experiments, logger

SEARCH = "search-results-ranking-2026-11"
PRICE = "pricing-page-annual-toggle-2026-11"
WARNINGS: list[str] = []


class Keep(logging.Handler):
    """Keeps warnings."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one."""
        WARNINGS.append(record.getMessage())


def main() -> None:
    """Assign, and say it to Segment."""
    logger.addHandler(Keep())
    logger.propagate = False
    analytics = Client("KEY", host=sys.argv[1])
    experiments = Experiments(analytics)
    at = dt.datetime(2026, 11, 2, 10, tzinfo=dt.UTC)

    def assigned_once(sender: Experiments) -> None:
        sender.assigned(SEARCH, "new-ranking", user_id="p-once", assigned_at=at)

    assigned_once(experiments)
    assigned_once(experiments)
    assigned_once(Experiments(analytics))  # another process

    for day, variant in enumerate(["control", "new-ranking", "control"]):
        experiments.assigned(
            SEARCH, variant, user_id="p-reassigned", assigned_at=at + dt.timedelta(days=day)
        )

    experiments.assigned(SEARCH, "control", anonymous_id="p-visitor", assigned_at=at)
    experiments.authenticated("p-user", "p-visitor", experiments={SEARCH: "control"}, alias=True)
    experiments.authenticated("p-user", "p-visitor", alias=True)
    experiments.assigned(
        PRICE,
        "annual-first",
        user_id="p-user",
        anonymous_id="p-visitor",
        assigned_at=at,
        experiments={SEARCH: "control"},
    )

    experiments.assigned(SEARCH, 1, user_id="p-once")
    experiments.assigned("Search Test", "control", user_id="p-once")
    experiments.assigned(SEARCH, "control", user_id="undefined")
    experiments.authenticated("p-user", "")

    analytics.flush()
    analytics.join()
    print(json.dumps(WARNINGS))


main()
