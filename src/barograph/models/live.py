"""The next hour in milliseconds, bit for bit what a walk over all of history says.

An ``Engine`` is everything the live models know after some hour: states of recursions, and the
last week of what outcomes still belong to. It is a value. ``step`` takes the next bar, learns what
matures with it, answers, and gives back the engine one hour on; the engine it was asked of stays
as it is, so that an hour whose publication failed can be asked again.

The law, held to the bit by the tests: history cut into blocks in any way gives the same answers,
one bar at a time, all at once, or stopped and gone on with. So what was published hour by hour is
made again by a walk over the lake as of that hour. It holds because there is one code path: the
walk is the engine's own, in long blocks (see ``calibration.carry``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np

from barograph.calibration.carry import Carry, log
from barograph.calibration.debias import matured_ratio
from barograph.core.errors import InputError
from barograph.core.panel import Panel
from barograph.core.types import Floats, Ints
from barograph.models.barograph import FLAGSHIP
from barograph.models.base import Output
from barograph.models.har import Har, HarX
from barograph.models.har_design import rich_design
from barograph.models.trace import Trace

BLOCK: Final = 8192
"""Rows a walk takes at a time, which bounds its memory."""
HAR: Final = Har()
HAR_X: Final = HarX()
RUN: Final = (HAR.name, HAR_X.name)
"""Models the engine runs; the flagship is made of the last."""


class Bars(NamedTuple):
    """Consecutive hours, missing ones NaN; all of shape ``(n,)``.

    Attributes
    ----------
    hours : Ints
        Ends of the bars, hours since 1970.
    open, close : Floats
        Prices.
    volume : Floats
        In base units; NaN where unknown.
    variance : Floats
        Hourly Garman-Klass variance, floored.
    """

    hours: Ints
    open: Floats
    close: Floats
    volume: Floats
    variance: Floats

    def part(self, start: int, stop: int) -> "Bars":
        """Some of the hours."""
        prices = (values[start:stop] for values in self[1:])
        return Bars(self.hours[start:stop], *prices)


@dataclass(frozen=True, slots=True)
class Answers:
    """What the models say of some hours.

    Attributes
    ----------
    hours : Ints
        Origins, hours since 1970, shape ``(n,)``.
    outputs : Mapping[str, Output]
        By model name, ``n`` rows each: the variances of ``har`` and ``har_x``, unbiased, and the
        flagship's variance and quantiles. NaN where there is no forecast: before the first
        training window is over, and where the bar is missing.
    trace : Trace
        How the flagship's came about.
    season : Floats
        Log factor of variance by hour of the week as known after the last of the hours, shape
        ``(168,)``; 0 is Monday 00:00 to 01:00 UTC.
    """

    hours: Ints
    outputs: Mapping[str, Output]
    trace: Trace
    season: Floats


@dataclass(frozen=True, slots=True)
class Engine:
    """What is known of one symbol after an hour.

    Attributes
    ----------
    symbol : str
        For instance ``BTCUSDT``.
    horizons : tuple of int
        Hours ahead, ascending.
    begin : int
        Hours of history before the first that is answered: the first training window.
    rows : int
        Hours of history it has learnt from.
    hour : int
        The last of them, hours since 1970; undefined before the first.
    carry : Carry
        Where every step of the models stopped.
    """

    symbol: str
    horizons: tuple[int, ...]
    begin: int
    rows: int
    hour: int
    carry: Carry

    @classmethod
    def new(cls, symbol: str, horizons: tuple[int, ...], begin: int) -> "Engine":
        """An engine that has seen nothing."""
        return cls(symbol, horizons, begin, 0, 0, Carry(depth=max(horizons)))

    @classmethod
    def warm(cls, panel: Panel, begin: int) -> tuple[Answers, "Engine"]:
        """Walk the whole of a panel.

        Parameters
        ----------
        panel : Panel
            Bars; targets are made of them here.
        begin : int
            Rows before the first that is answered.

        Returns
        -------
        answers : Answers
            Of every row.
        engine : Engine
            At the last row.

        Raises
        ------
        InputError
            If the panel is empty.
        """
        engine = cls.new(panel.symbol, panel.horizons, begin)
        whole = bars_of(panel)
        blocks = []
        for start in range(0, len(panel), BLOCK):
            answers, engine = engine.advance(whole.part(start, start + BLOCK))
            blocks.append(answers)
        if not blocks:
            raise InputError(f"no bars of {panel.symbol} to learn from; wanted one at least")
        return _joined(blocks, panel.hours), engine

    def step(self, hour: int, bar: Mapping[str, float] | None) -> tuple[Answers, "Engine"]:
        """Learn the next hour and answer for it.

        Parameters
        ----------
        hour : int
            End of the bar, hours since 1970.
        bar : Mapping[str, float] or None
            ``open, close, volume, variance`` as in ``Bars``; None where the hour has no bar:
            there is no forecast then, and what matures with the hour stays unknown.

        Returns
        -------
        answers : Answers
            One row.
        engine : Engine
            One hour on; this one is unchanged.

        Raises
        ------
        InputError
            If the hour is not the one that comes next.
        """
        names = Bars._fields[1:]
        values = [np.array([np.nan if bar is None else float(bar[name])]) for name in names]
        return self.advance(Bars(np.array([hour]), *values))

    def advance(self, bars: Bars) -> tuple[Answers, "Engine"]:
        """Learn some more hours and answer for each; see ``step``.

        Raises
        ------
        InputError
            If they do not come next, one after another.
        """
        expected = self.hour + 1 if self.rows else int(bars.hours[0])
        if not np.array_equal(bars.hours, expected + np.arange(len(bars.hours))):
            raise InputError(
                f"{self.symbol}: got hours from {bars.hours[0]} on, wanted {expected} and those "
                "after it without a gap; give missing hours as NaN"
            )
        start = min(self.carry.depth, self.rows)
        carry = replace(self.carry.copied(), first=self.rows - start, start=start)
        answers = self._answers(bars, carry)
        return answers, replace(
            self, rows=self.rows + len(bars.hours), hour=int(bars.hours[-1]), carry=carry
        )

    def _answers(self, bars: Bars, carry: Carry) -> Answers:
        panel = with_targets(self.symbol, self.horizons, bars, carry.part("bars"))
        answered = panel.present & (carry.first + np.arange(len(panel)) >= self.begin)

        def masked(variance: Floats) -> Floats:
            return np.where(answered[:, None], variance, np.nan)

        trace = Trace.blank(len(panel), len(self.horizons))
        plain = masked(HAR.variance(panel, carry.part("har")))
        ratio = matured_ratio(
            plain, panel.target_variance, self.horizons, carry=carry.part("ratio")
        )
        own = carry.part("har_x")
        design = rich_design(panel, own)
        log_rate = HAR_X.log_rate(panel, design, own, trace.har_terms)
        trace.har_terms[:, :, 0] += design.level[:, None]
        trace.season_ahead[:] = design.ahead[:, :, 0]
        outputs = {
            HAR.name: Output(plain * ratio),
            HAR_X.name: Output(masked(design.integrated(panel, log_rate)), debiased=True),
        }
        outputs[FLAGSHIP.name] = FLAGSHIP.combine(
            panel, outputs, design, carry.part("barograph"), trace
        )
        new = {name: _rows(output, carry.start) for name, output in outputs.items()}
        return Answers(bars.hours, new, trace.rows(carry.start), design.season)


def bars_of(panel: Panel) -> Bars:
    """Bars of a panel."""
    return Bars(panel.hours, panel.open, panel.close, panel.volume, panel.variance)


def with_targets(symbol: str, horizons: tuple[int, ...], bars: Bars, carry: Carry) -> Panel:
    """New bars behind the earlier ones that outcomes still belong to, with what has matured."""
    known = np.isfinite(bars.variance)
    sums: Floats = carry.last("sums", np.zeros((1, 2)))
    added = np.stack([np.where(known, bars.variance, 0.0), ~known], axis=1)
    running = np.cumsum(np.concatenate((sums, added)), axis=0)[1:]
    carry.keep("sums", running[-1:].copy())
    totals = carry.with_past("totals", running)
    whole = Bars(*(carry.with_past(name, values) for name, values in bars._asdict().items()))
    price = log(whole.close)
    returns, variances = [], []
    for hours in horizons:
        later = ahead(totals, hours)
        returns.append(ahead(price, hours) - price)
        complete = later[:, 1] == totals[:, 1]
        variances.append(np.where(complete, later[:, 0] - totals[:, 0], np.nan))
    return Panel(
        symbol=symbol,
        horizons=horizons,
        names=(),
        features=np.zeros((len(price), 0)),
        target_return=np.stack(returns, axis=1),
        target_variance=np.stack(variances, axis=1),
        before=carry.first,
        **whole._asdict(),
    )


def ahead(values: Floats, rows: int) -> Floats:
    """Values some rows later, NaN at the end."""
    later = np.full(values.shape, np.nan)
    if rows < len(values):
        later[:-rows] = values[rows:]
    return later


def _rows(output: Output, start: int) -> Output:
    quantiles = None if output.quantiles is None else output.quantiles[start:]
    return replace(output, variance=output.variance[start:], quantiles=quantiles)


def _joined(blocks: list[Answers], hours: Ints) -> Answers:
    """Blocks in a row; each is let go of as it is written."""
    last = blocks[-1]
    trace = Trace.blank(len(hours), last.trace.scale.shape[1])
    variances: dict[str, list[Floats]] = {name: [] for name in last.outputs}
    quantiles = []
    row = 0
    for block in blocks:
        trace.take(row, block.trace)
        row += len(block.hours)
        for name, output in block.outputs.items():
            variances[name].append(output.variance)
            if output.quantiles is not None:
                quantiles.append(output.quantiles)
    outputs = {
        name: replace(last.outputs[name], variance=np.concatenate(parts), quantiles=None)
        for name, parts in variances.items()
    }
    flagship = replace(outputs[FLAGSHIP.name], quantiles=np.concatenate(quantiles))
    return Answers(hours, outputs | {FLAGSHIP.name: flagship}, trace, last.season)
