"""Forecasts and studies as Arrow tables: columns with units, and all that is said about them.

A table that leaves the program alone would be numbers without doubts. So the warnings, the sources
and the status of each number travel in the table's own metadata, as JSON.
"""

import importlib.util
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from openketamine.core.findings import BadInput
from openketamine.core.pharmacology import Foresight
from openketamine.core.pharmacology._simulation import Quantiles

if TYPE_CHECKING:
    import pyarrow as pa

_CURVES = ("time_min", "plasma_ng_per_ml", "effect_site_ng_per_ml", "metabolites_ng_per_ml")


def need_arrow() -> None:
    """BadInput where the library is not installed, before anything is worked out."""
    if importlib.util.find_spec("pyarrow") is None:
        raise BadInput("arrow", "the library pyarrow: pip install 'openketamine[research]'")


def as_arrow(answer: Foresight | Quantiles) -> "pa.Table":
    """One row a time, as `as_columns` and `as_csv` have it; units stand in the names.

    `table.schema.metadata[b"openketamine"]` is JSON: what was given, warnings, and for each model
    sources, caveats and statuses. Raises BadInput without pyarrow (extra `research`).
    """
    need_arrow()
    import pyarrow as pa

    columns = answer.as_columns() if isinstance(answer, Foresight) else _columns(answer)
    said = _said(answer) if isinstance(answer, Foresight) else _said_of_many(answer)
    about = json.dumps(said, ensure_ascii=False, allow_nan=False)
    return pa.table(
        {name: pa.array(level, pa.float64()) for name, level in columns.items()}
    ).replace_schema_metadata({"openketamine": about})


def write_arrow(answer: Foresight | Quantiles, path: str) -> None:
    """`as_arrow` as an Arrow IPC file (Feather 2), which pandas, Polars, R and DuckDB read."""
    table = as_arrow(answer)
    import pyarrow as pa

    with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


def _columns(found: Quantiles) -> Mapping[str, Any]:
    sites = {"plasma": found.plasma, "effect_site": found.effect_site}
    return {"time_min": found.time_min} | {
        f"{site}_p{percent:g}_ng_per_ml": row
        for site, rows in sites.items()
        if rows is not None
        for percent, row in zip(found.percent, rows, strict=True)
    }


def _said_of_many(found: Quantiles) -> dict[str, Any]:
    return {
        "percent": list(found.percent),
        "model": found.model,
        "sources": list(found.sources),
        "caveats": list(found.caveats),
        "differences": found.differences,
    }


def _said(answer: Foresight) -> dict[str, Any]:
    """The JSON answer without its columns of numbers."""
    whole = answer.as_json()
    spread = whole["band"] or {}
    return {
        "drug": answer.drug,
        "route": answer.route,
        "given": answer.given,
        "curves": [
            {key: value for key, value in curve.items() if key not in _CURVES}
            for curve in whole["curves"]
        ],
        "band": {k: v for k, v in spread.items() if k not in ("time_min", "p5", "p50", "p95")},
        "warnings": whole["warnings"],
        "interaction": whole.get("interaction"),
    }
