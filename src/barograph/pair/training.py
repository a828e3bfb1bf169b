"""What is known of an event at its close: the columns a filter learns from.

Features of the catalogue on both legs (of ETH, with BTC as its peer), the state of the spread, and
how earlier events ended, as far as they had by then. Columns with a direction are also given as
seen from the trade: times its side.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numba import njit

from barograph.core.types import Floats, Ints
from barograph.features.build import build
from barograph.features.catalogue import features
from barograph.pair.barriers import Outcomes
from barograph.pair.events import Events
from barograph.pair.rules import LEGS
from barograph.trading.market import Market

LEG: Final = (
    "autocorrelation_24h", "close_position_168h", "drawdown_168h", "har_log_variance_24h",
    "jump_share_24h", "returns_1h", "returns_24h", "returns_168h", "rsi_14", "trend_strength",
    "variance_log_ratio_24h_720h", "volatility_of_volatility_24h", "volume_log_ratio_24h_168h",
    "volume_zscore_168h",
)  # fmt: skip
"""Of each leg."""
BOTH: Final = (
    "peer_beta_24h", "peer_beta_168h", "peer_correlation_24h", "peer_correlation_168h",
    "peer_ratio_change_24h", "peer_ratio_change_168h", "peer_ratio_deviation_720h",
    "peer_variance_gap_24h",
)  # fmt: skip
"""Of ETH with BTC as its peer."""
CALENDAR: Final = ("hour_cosine", "hour_sine", "is_weekend", "weekday_cosine", "weekday_sine")
REGIMES: Final = ("trend_regime", "volatility_regime")
"""Of BTC, for the analysis of events; the filter learns from them too."""
DIRECTED: Final = (
    "btc_returns_24h", "eth_returns_24h", "pair_peer_ratio_change_24h",
    "pair_peer_ratio_change_168h", "pair_peer_ratio_deviation_720h", "score",
)  # fmt: skip
RECENT: Final = 20
"""Earlier events whose ends are looked back on."""


@dataclass(frozen=True, slots=True)
class Design:
    """Events as a filter sees them.

    Attributes
    ----------
    names : tuple of str
        Columns, ``c`` of them.
    values : Floats
        Shape ``(k, c)``; NaN where unknown.
    weight : Floats
        Average uniqueness of each outcome, 0 ... 1, shape ``(k,)``; 0 where it did not end.
    """

    names: tuple[str, ...]
    values: Floats
    weight: Floats


def hourly_features(market: Market) -> pl.DataFrame:
    """Features of both legs at every hour of a market.

    Parameters
    ----------
    market : Market
        Of ``events.pair_market``.

    Returns
    -------
    table : DataFrame
        A row per hour; ``btc_``, ``eth_`` and ``pair_`` before the names of the catalogue, bare
        names for the calendar and the regimes. Null where unknown.
    """
    known = features()
    btc, eth = (_grid(market, own) for own in range(len(LEGS)))
    of_btc = build(btc, {name: known[name] for name in (*LEG, *REGIMES, *CALENDAR)})
    of_eth = build(eth, {name: known[name] for name in (*LEG, *BOTH)})
    return pl.concat(
        (
            of_btc.select(pl.col(LEG).name.prefix("btc_")),
            of_eth.select(pl.col(LEG).name.prefix("eth_")),
            of_eth.select(pl.col(BOTH).name.prefix("pair_")),
            of_btc.select(*CALENDAR, *REGIMES),
        ),
        how="horizontal",
    )


def _grid(market: Market, own: int) -> pl.DataFrame:
    """The grid of one leg with the other as its peer."""
    moments = pl.Series("as_of", market.hours * 3_600_000_000).cast(pl.Datetime("us", "UTC"))
    names = ("open", "high", "low", "close", "volume")
    return pl.DataFrame(
        {
            "as_of": moments,
            **{name: getattr(market, name)[:, own] for name in names},
            **{f"peer_{name}": getattr(market, name)[:, 1 - own] for name in names},
        }
    ).with_columns(pl.exclude("as_of").fill_nan(None))


def design(table: pl.DataFrame, events: Events, outcomes: Outcomes) -> Design:
    """Columns of each event, from what was known at its close.

    Parameters
    ----------
    table : DataFrame
        Of ``hourly_features`` over the rows the events are of.
    events : Events
    outcomes : Outcomes
        An outcome is seen by an event only where it was known by then.
    """
    columns = {
        name: table[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[events.row]
        for name in table.columns
    }
    columns |= {
        "side": events.side, "beta": events.beta, "score": events.score, "scale": events.scale,
        "stretch": np.abs(events.score), "profit_barrier": events.profit,
    }  # fmt: skip
    columns |= {f"{name}_of_side": columns[name] * events.side for name in DIRECTED}
    recent = _recent(events.row, outcomes.exit, outcomes.net)
    columns |= {"recent_net": recent[:, 0], "recent_won": recent[:, 1], "last_72h": recent[:, 2]}
    weight = uniqueness(outcomes.entry, outcomes.exit, table.height)
    return Design(tuple(columns), np.stack(list(columns.values()), axis=1), weight)


@njit(cache=True)
def _recent(row: Ints, left: Ints, net: Floats) -> Floats:
    """Mean result and part won of the last events that had ended, and events of three days."""
    found = np.full((len(row), 3), np.nan)
    for k in range(len(row)):
        count, total, won, lately = 0, 0.0, 0.0, 0.0
        for back in range(k - 1, -1, -1):
            near = row[k] - row[back] <= 72
            lately += 1.0 if near else 0.0
            if count < RECENT and 0 <= left[back] <= row[k]:
                count += 1
                total += net[back]
                won += 1.0 if net[back] > 0.0 else 0.0
            if count == RECENT and not near:
                break
        if count > 0:
            found[k, 0], found[k, 1] = total / count, won / count
        found[k, 2] = lately
    return found


@njit(cache=True)
def uniqueness(entry: Ints, left: Ints, rows: int) -> Floats:
    """Average uniqueness of each outcome: the mean, over its hours, of one over how many share it.

    A trade that did not end shares every hour from its entry on: what is said of those that ended
    then does not depend on where the history is cut.

    References
    ----------
    .. [1] López de Prado (2018), "Advances in Financial Machine Learning", ch. 4.4.
    """
    shared = np.zeros(rows)
    for k in range(len(entry)):
        if entry[k] >= 0:
            shared[entry[k] : left[k] if left[k] >= 0 else rows] += 1.0
    found = np.zeros(len(entry))
    for k in range(len(entry)):
        if left[k] >= 0:
            found[k] = np.mean(1.0 / shared[entry[k] : left[k]])
    return found
