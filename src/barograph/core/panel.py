"""What a model may see: features, returns and targets on the complete hourly grid."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from barograph.core.types import Bools, Floats, Ints


@dataclass(frozen=True, slots=True)
class Panel:
    """One symbol on the hourly grid; row ``i`` is the origin ``as_of = hours[i]``.

    Attributes
    ----------
    symbol : str
        For instance ``BTCUSDT``.
    hours : Ints
        Origins as hours since 1970-01-01 UTC, consecutive, shape ``(n,)``.
    horizons : tuple of int
        Hours ahead, ascending, ``H`` of them.
    names : tuple of str
        Feature names, ``k`` of them.
    features : Floats
        Shape ``(n, k)``; NaN where unknown.
    open, close : Floats
        Prices of the bar ending at the origin, shape ``(n,)``; NaN where the bar is missing.
    volume : Floats
        Its volume in base units, shape ``(n,)``; NaN where unknown.
    variance : Floats
        Hourly Garman-Klass variance of the bar ending at the origin, floored, ``(n,)``.
    target_return : Floats
        ``log(close[i + h] / close[i])``, shape ``(n, H)``; NaN where unknown.
    target_variance : Floats
        Garman-Klass variance integrated over ``(i, i + h]``, shape ``(n, H)``; NaN where unknown.
    forecasts : Mapping[str, Floats]
        Variance forecasts of models that were run before, made at each row, shape ``(n, H)``.
    before : int
        Hours of history there were before the first row and that were cut off.

    Notes
    -----
    The targets of row ``i`` at horizon ``h`` become known at row ``i + h``. ``known_at`` is the
    only way a model is handed targets.
    """

    symbol: str
    hours: Ints
    horizons: tuple[int, ...]
    names: tuple[str, ...]
    features: Floats
    open: Floats
    close: Floats
    volume: Floats
    variance: Floats
    target_return: Floats
    target_variance: Floats
    forecasts: Mapping[str, Floats] = field(default_factory=dict)
    before: int = 0

    def __len__(self) -> int:
        return len(self.hours)

    @property
    def present(self) -> Bools:
        """Whether the bar ending at the origin exists; without it there is no forecast."""
        return np.isfinite(self.close)

    @property
    def log_return(self) -> Floats:
        """Log return of the bar ending at the origin, shape ``(n,)``; NaN beside a gap."""
        price = np.log(self.close)
        return np.concatenate(([np.nan], np.diff(price)))

    def moment(self, row: int) -> datetime:
        """Return the origin of a row."""
        return datetime.fromtimestamp(int(self.hours[row]) * 3600, UTC)

    def row(self, moment: datetime) -> int:
        """Row whose origin is at or first after a moment, within ``0 ... n``."""
        hour = -(-moment.timestamp() // 3600)
        return int(np.clip(hour - self.hours[0], 0, len(self)))

    def columns(self, names: tuple[str, ...]) -> Floats:
        """Features by name, shape ``(n, len(names))``.

        Raises
        ------
        KeyError
            If a feature is not in the panel.
        """
        place = {name: index for index, name in enumerate(self.names)}
        missing = [name for name in names if name not in place]
        if missing:
            raise KeyError(f"the panel has no feature {', '.join(missing)}")
        return self.features[:, [place[name] for name in names]]

    def known_at(self, row: int) -> "Panel":
        """What was known at the origin of ``row``: rows up to it, targets that had matured."""
        stop = row + 1
        age = row - np.arange(stop)[:, None]
        matured = age >= np.array(self.horizons)[None, :]
        return replace(
            self.rows(0, stop),
            target_return=np.where(matured, self.target_return[:stop], np.nan),
            target_variance=np.where(matured, self.target_variance[:stop], np.nan),
        )

    def rows(self, start: int, stop: int) -> "Panel":
        """Return the same panel with the rows ``start ... stop``."""
        by_row = (
            "hours",
            "features",
            "open",
            "close",
            "volume",
            "variance",
            "target_return",
            "target_variance",
        )
        return replace(
            self,
            before=self.before + start,
            forecasts={name: values[start:stop] for name, values in self.forecasts.items()},
            **{name: getattr(self, name)[start:stop] for name in by_row},
        )

    def at_horizons(self, horizons: tuple[int, ...]) -> "Panel":
        """Return the same panel with some of its horizons."""
        picked = [self.horizons.index(h) for h in horizons]
        return replace(
            self,
            horizons=horizons,
            target_return=self.target_return[:, picked],
            target_variance=self.target_variance[:, picked],
            forecasts={name: values[:, picked] for name, values in self.forecasts.items()},
        )
