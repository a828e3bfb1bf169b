"""What a run of the pair leaves: two charts, the summary, a read-me; and the summary in words."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import orjson
from pydantic import ValidationError

from barograph.core.errors import AuditError, InputError
from barograph.core.settings import explain
from barograph.pair.charts import Curve, real_chart, simulation_chart
from barograph.pair.gate import Verdict
from barograph.pair.rules import PairSettings
from barograph.pair.summary import Made, Summary
from barograph.pair.workspace import Workspace
from barograph.pipelines.pair_stages import Product, Stages
from barograph.trading.performance import NOTICE

if TYPE_CHECKING:
    from barograph.pipelines.pair_run import StepTwo

CHARTS: Final = ("01_step2_ml_simulation_btc_eth.png", "02_step3_real_ml_btc_eth.png")
SUMMARY: Final = "final_output_summary.json"
SURE: Final = 0.95
"""Deflated Sharpe ratio from which on luck is no explanation."""


@dataclass(frozen=True, slots=True)
class Parts:
    """All that the final output is made of."""

    settings: PairSettings
    simulated: bool
    data: dict[str, str]
    spans: dict[str, Any]
    step2: "StepTwo"
    rounds: list[Product]
    verdict: Verdict
    filtered: tuple[int, ...]
    robust: Product
    held: dict[int, Product]
    holding: tuple[float, float]
    trials: int


def write_final(place: Workspace, parts: Parts, stages: Stages) -> Path:
    """Write ``final output/`` anew; return the path of the summary.

    Raises
    ------
    AuditError
        If the summary does not pass its own schema: nothing is written then.
    LakeError
        If the disk says no.
    """
    with stages.heart.stage("final_output") as stage:
        try:
            # As a reader would get it: from the JSON, without a type of ours.
            summary = Summary.model_validate_json(orjson.dumps(document(parts)))
        except ValidationError as error:
            raise AuditError(f"the summary does not pass its schema: {explain(error)}") from error
        pictures = {CHARTS[0]: _chart_1(parts), CHARTS[1]: _chart_2(parts)}
        if place.final.exists():
            shutil.rmtree(place.inside(place.final))
        for name, content in pictures.items():
            place.write(place.final / "charts" / name, content)
            stage.beat(note=name)
        place.write(place.final / "README.txt", readme(summary).encode())
        path = path_of(place)
        place.write_json(path, summary.model_dump(mode="json"))
        stage.beat(1.0, note=f"{SUMMARY} passes its schema; {summary.held_out.answer}")
    return path


def document(parts: Parts) -> dict[str, Any]:
    """The summary as plain JSON values."""
    best, step2 = parts.rounds[parts.verdict.best].document, parts.step2
    held = {place: one.document for place, one in parts.held.items()}
    return {
        "notice": NOTICE,
        "simulated_bars": parts.simulated,
        "start_capital": parts.settings.capital,
        # How many processes it took is no part of what was found.
        "settings": parts.settings.model_dump(mode="json", exclude={"learning": {"workers"}}),
        "data": parts.data,
        "spans": parts.spans,
        "events": step2.analysis.document["findings"],
        "search": step2.search.document,
        "capital_curve": step2.curve.document,
        "simulated_filter": step2.portfolio.document["simulated"],
        "gate": {
            "endpoint": parts.verdict.endpoint,
            "why": parts.verdict.why,
            "best": best["name"],
            "rounds": [one.document for one in parts.rounds],
            "sensitivity": parts.robust.document,
        },
        "held_out": {
            "reference": held[0],
            "best": held[parts.verdict.best],
            "best_filter": held[parts.filtered[0]] if parts.filtered else None,
            "buy_and_hold_btc": parts.holding[0],
            "buy_and_hold_eth": parts.holding[1],
            "answer": answer(held[parts.verdict.best]["result"]),
        },
        "trials": parts.trials,
    }


def answer(result: Mapping[str, Any]) -> str:
    """Whether it makes money after costs, from the span held out, in a sentence."""
    mean, doubts = result["figures"]["mean_monthly_pnl"], result["robustness"]
    luck, trials = doubts["deflated"], doubts["trials"]
    if not result["figures"]["trades"]:
        return "It did not trade on the span held out: nothing it had learnt promised to pay."
    if mean <= 0.0:
        return f"No: after costs it lost {-mean:,.2f} a month on the span held out."
    told = f"after costs it earned {mean:,.2f} a month on the span held out"
    chance = "" if luck is None else f" (better than the luckiest of {trials} trials: {luck:.0%})"
    if doubts["failed"]:
        return f"Not reliably: {told}{chance}, but {'; '.join(doubts['failed'])}."
    if luck is None or luck < SURE:
        return f"Perhaps: {told} and passed every test of robustness, but luck may be all{chance}."
    return f"Yes, on this history: {told}{chance}."


def readme(summary: Summary) -> str:
    """``README.txt``: what lies there, and what it says."""
    title = "BTC + ETH pair: final output"
    mark = "\nSIMULATED BARS: nothing here is of a real market.\n" if summary.simulated_bars else ""
    return (
        f"{title}\n{'=' * len(title)}\n\n{summary.notice}\n{mark}\n"
        + "\n".join(fill(one, 96, subsequent_indent="    ") for one in lines(summary))
        + f"\n\ncharts/{CHARTS[0]}\n    What a filter of stated precision would be worth: "
        "SIMULATED, with hindsight.\n"
        f"charts/{CHARTS[1]}\n    The real filter, walked forward; the shaded span was held out.\n"
        f"reports/{SUMMARY}\n    Every figure, every round, every setting.\n"
    )


def lines(summary: Summary) -> tuple[str, ...]:
    """The summary in words."""
    held, gate = summary.held_out, summary.gate
    span = held.best.result.span
    if held.best.name == held.reference.name:
        told = [("reference and best round", held.best)]
    else:
        told = [("reference", held.reference), ("best round", held.best)]
    if held.best_filter is not None and held.best_filter.name != held.best.name:
        told.append(("best filter", held.best_filter))
    mark = "SIMULATED BARS. " if summary.simulated_bars else ""
    return (
        f"{mark}{summary.trials:,} configurations tried; endpoint {gate.endpoint}: {gate.why}.",
        "",
        f"Held out, {span.start[:10]} to {span.end[:10]}, from {summary.start_capital:,.0f}:",
        *(_line(f"{what}: {made.name}", made) for what, made in told),
        f"  holding: BTC {held.buy_and_hold_btc:+.1%}, ETH {held.buy_and_hold_eth:+.1%}",
        "",
        f"Does it make money after costs? {held.answer}",
    )


def _line(name: str, made: Made) -> str:
    figures, doubts = made.result.figures, made.result.robustness
    stress = ", ".join(f"{value:+,.0f} at {factor}" for factor, value in doubts.stressed.items())
    luck = "" if doubts.deflated is None else f", deflated Sharpe {doubts.deflated:.0%}"
    return (
        f"  {name}: {figures.mean_monthly_pnl:+,.2f} a month ({stress} costs; P10 "
        f"{doubts.p10:+,.0f}), end {figures.end_equity:,.0f}, drawdown "
        f"{figures.max_drawdown:.1%}, {figures.trades:.0f} trades{luck}"
    )


def read(place: Workspace) -> Summary:
    """The summary that a run left.

    Raises
    ------
    InputError
        If there is none.
    AuditError
        If it does not pass its schema.
    """
    path = path_of(place)
    if not path.is_file():
        raise InputError(f"no {path}; run `barograph pair run` first")
    try:
        return Summary.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise AuditError(f"{path} does not pass its schema: {explain(error)}") from error


def path_of(place: Workspace) -> Path:
    """Where the summary lies."""
    return place.final / "reports" / SUMMARY


def _curve(name: str, made: Product, frame: str = "equity") -> Curve:
    table = made.frames[frame]
    return Curve(name, table["hour"].to_numpy(), table["equity"].to_numpy())


def _mark(parts: Parts) -> str:
    return "SIMULATED BARS. " if parts.simulated else ""


def _chart_1(parts: Parts) -> bytes:
    made, told = parts.step2.portfolio, parts.step2.portfolio.document
    rows = told["simulated"]
    rule, dates = parts.step2.rules[0], parts.spans
    facts = (
        f"{_mark(parts)}{rule.kind}, {rule.hedge} hedge of {rule.window} h, held up to "
        f"{rule.hold} h, {dates['selection']['start'][:10]} to {dates['tuning']['end'][:10]}; "
        f"{told['won']:.1%} of its events earn something after costs.",
        "A filter keeps half of the events, or fewer. One drawing of each is shown; bars are "
        "means of several.",
    )
    return simulation_chart(
        _curve("no filter", made, "plain"),
        {row["precision"]: _curve("", made, f"simulated_{k}") for k, row in enumerate(rows)},
        {row["precision"]: row["mean_monthly_pnl"] for row in rows},
        told["plain"]["mean_monthly_pnl"],
        facts,
    )


def _chart_2(parts: Parts) -> bytes:
    """The best filter beside the reference; the best round alone where no filter was made."""
    place = (*parts.filtered, parts.verdict.best)[0]
    plain, real = parts.held[0], parts.held[place]
    told = real.document
    result, precision = told["result"], told["precision"]
    won = [
        "–" if precision[name] is None else f"{precision[name]:.0%}" for name in ("won", "kept_won")
    ]
    facts = (
        f"{_mark(parts)}Held out: {result['figures']['mean_monthly_pnl']:+,.2f} a month, drawdown "
        f"{result['figures']['max_drawdown']:.1%}, {result['figures']['trades']:.0f} trades; "
        f"{precision['kept']} of {precision['events']} events kept, {won[1]} of those earned "
        f"something ({won[0]} of all).",
        f"Endpoint {parts.verdict.endpoint}. Does the best round make money after costs? "
        f"{answer(parts.held[parts.verdict.best].document['result'])}",
    )
    return real_chart(
        (_curve(f"{plain.document['name']} (reference)", parts.rounds[0]), _curve("", plain)),
        (_curve(f"{told['name']} (real ML)", parts.rounds[place]), _curve("", real)),
        (
            result["months"], np.array(plain.document["result"]["monthly_pnl"]),
            np.array(result["monthly_pnl"]),
        ),
        facts,
    )  # fmt: skip
