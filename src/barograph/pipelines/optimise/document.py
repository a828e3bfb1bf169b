"""What a search leaves behind: a document, the path of parameters, the account that traded it."""

from dataclasses import asdict
from pathlib import Path

import orjson
import polars as pl

from barograph.pipelines.optimise.page import YEAR, page
from barograph.pipelines.optimise.run import Optimised
from barograph.trading.performance import NOTICE
from barograph.trading.record import trades


def document(made: Optimised) -> dict[str, object]:
    """Everything but the series, as JSON has it."""
    plan, search, over = made.plan, made.search, made.overfit
    return {
        "notice": NOTICE,
        "simulated": made.scene.simulated,
        "symbols": list(plan.symbols),
        "model": plan.model,
        "strategy": plan.strategy,
        "horizon_hours": plan.horizon,
        "grid": {name: list(values) for name, values in search.grid.items()},
        "configurations": len(made.tried),
        "train_days": search.train_days,
        "test_days": search.test_days,
        "capital": plan.capital,
        "execution": plan.execution.model_dump(),
        "breakers": plan.breakers.model_dump(),
        "seed": plan.seed,
        "path": [
            {name: value.isoformat() if hasattr(value, "isoformat") else value
             for name, value in row.items()}
            for row in made.path.iter_rows(named=True)
        ],
        "performance": asdict(made.performance),
        "defaults": asdict(made.fixed),
        "best_in_hindsight": asdict(made.hindsight),
        "luck": asdict(made.luck),
        "overfitting": None if over is None else {
            "probability": over.probability, "loss": over.loss, "splits": len(over.logits),
        },
        "paths_sharpe": None if made.paths is None else (YEAR * made.paths.sharpe).tolist(),
        "trade_hash": made.record.hash,
    }  # fmt: skip


def write(made: Optimised, folder: Path) -> None:
    """Write ``optimisation.html`` and ``.json``, ``path``, ``trades`` and ``equity.parquet``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "optimisation.json").write_bytes(
        orjson.dumps(document(made), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
    )
    (folder / "optimisation.html").write_text(page(made), encoding="utf-8")
    made.path.write_parquet(folder / "path.parquet")
    market = made.market
    trades(made.record, market.hours, market.symbols).write_parquet(folder / "trades.parquet")
    moments = pl.Series("time", market.hours * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    pl.DataFrame(
        {"time": moments, "equity": made.record.equity, "exposure": made.record.exposure}
    ).write_parquet(folder / "equity.parquet")
