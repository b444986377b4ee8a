"""JSON as services write and read it: a sales report put together from rows, and a feed parsed back.

It stands for report end points and exports, where building the document costs as much as writing it out.
"""

import json
from typing import Any

from iaipy import benchmark, keep

COUNTRIES = ("DE", "FR", "NL", "AT", "PL")
Sale = tuple[int, str, int, int]
SALES: list[Sale] = [(4000 + n, COUNTRIES[n * 3 % 5], 1 + n % 6, 450 + n * 7919 % 40000) for n in range(1000)]


def report(sales: list[Sale]) -> dict[str, Any]:
    """The document: a line per sale, totals per country, and a summary."""
    lines: list[dict[str, Any]] = []
    countries: dict[str, dict[str, Any]] = {}
    for order, country, items, cents in sales:
        lines.append(
            {
                "order": order,
                "country": country,
                "items": items,
                "total": cents / 100,
                "note": f"über {cents // 10000 * 100} €" if cents >= 10000 else None,
                "express": order % 9 == 0,
            }
        )
        totals = countries.setdefault(country, {"orders": 0, "items": 0, "total": 0.0})
        totals["orders"] += 1
        totals["items"] += items
        totals["total"] += cents / 100
    for totals in countries.values():
        totals["average"] = round(totals["total"] / totals["orders"], 2)
        totals["total"] = round(totals["total"], 2)
    return {
        "title": "Sales of the day",
        "schema": "https://example.org/schemas/sales-3.json",
        "lines": lines,
        "countries": countries,
        "summary": {"orders": len(lines), "total": round(sum(line["total"] for line in lines), 2)},
    }


FEED = json.dumps(report(SALES[:200]), indent=1)


@benchmark(params={"rows": [10, 100, 1000]}, tags="json")
def synthesize(rows: int) -> None:
    """Build the report of so many sales and write it out, compact and with sorted keys."""
    text = keep(json.dumps(report(SALES[:rows]), sort_keys=True, separators=(",", ":")))
    assert text.startswith('{"countries":{')


@benchmark(tags="json")
def parse() -> None:
    """Read an indented report of two hundred sales."""
    assert keep(json.loads(FEED))["summary"]["orders"] == 200
