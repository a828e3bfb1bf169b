"""Publishing, finding and comparing forecasts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.unit.ledger.samples import FIRST, forecast_frame, outcome, overwritten, publication

from barograph.core.errors import AuditError, InputError
from barograph.core.hashing import value_hash
from barograph.ledger.audit import verify
from barograph.ledger.chain import Chain
from barograph.ledger.forecasts import Ledger
from barograph.ledger.outcomes import Outcomes
from barograph.ledger.payload import forecast_payload, iso
from barograph.ledger.trials import TRADING, Trial, Trials
from barograph.ledger.writer import writing


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Three hourly forecasts."""
    made = Ledger(tmp_path)
    made.publish([publication(hours) for hours in range(3)])
    return made


def test_a_publication_is_read_back_to_the_last_bit(ledger: Ledger) -> None:
    for hours, entry in enumerate(ledger.entries()):
        assert entry.published == publication(hours)
        entry.compare(forecast_payload(forecast_frame(entry.published.as_of)))


def test_the_same_forecast_twice_is_one_entry(ledger: Ledger) -> None:
    later = publication(1, issued_at=FIRST + timedelta(days=9))
    again, fresh, repeated = ledger.publish([later, publication(7), publication(7)])
    assert (again.sequence, fresh.sequence, repeated.sequence) == (2, 4, 4)
    assert again.published.issued_at == publication(1).issued_at


def test_a_damaged_copy_of_a_forecast_does_not_pass_for_it(ledger: Ledger) -> None:
    for place in (1, 30):
        with overwritten(ledger.chain.path, place, ord("\\")):
            assert not ledger.recorded({b"2024-05-01T00:00:00Z"})
    (key,) = ledger.recorded({b"2024-05-01T00:00:00Z"})
    with overwritten(ledger.chain.path, 200, ord("\\")):
        assert key not in ledger.recorded({b"2024-05-01T00:00:00Z"})


def test_the_same_origin_from_other_data_is_a_further_entry(ledger: Ledger) -> None:
    (again,) = ledger.publish([publication(1, data_hash=value_hash("revised"))])
    assert again.sequence == 4


def test_an_hour_that_is_published_live_is_published_once(ledger: Ledger) -> None:
    """Whatever a second writer cites, and however often one call names the hour."""
    other = publication(1, data_hash=value_hash("of another writer"))
    fresh = publication(7), publication(7, data_hash=value_hash("of another writer"))
    again, first, second = ledger.publish([other, *fresh], once=True)
    assert again.sequence == 2
    assert again.published == publication(1)
    assert first == second
    assert first.published == publication(7)
    assert ledger.last().sequence == 4


def test_other_symbols_of_an_hour_are_published_beside_it(ledger: Ledger) -> None:
    (other,) = ledger.publish([publication(1, symbol="ETHUSDT")], once=True)
    assert other.sequence == 4


def test_the_last(ledger: Ledger, tmp_path: Path) -> None:
    assert ledger.last().sequence == 3
    with pytest.raises(AuditError, match=r"no forecast in .*publish one"):
        Ledger(tmp_path / "empty").last()


def test_a_forecast_issued_after_a_target_time_is_retrospective() -> None:
    one = publication()
    assert not one.retrospective
    late = one.model_copy(update={"issued_at": one.as_of + timedelta(hours=2)})
    assert late.retrospective
    assert [late.had_passed(row) for row in late.forecast] == [
        int(str(row["horizon_hours"])) <= 2 for row in late.forecast
    ]


def test_a_rebuilt_forecast_that_differs_in_one_bit_is_named(ledger: Ledger) -> None:
    entry = ledger.last()
    rows = [dict(row) for row in entry.published.forecast]
    value = rows[1]["q0.159"]
    assert isinstance(value, float)
    rows[1]["q0.159"] = value * (1 + 2**-52)
    with pytest.raises(
        AuditError, match=r"entry 3 \(BTCUSDT as of 2024-05-01T02:00:00Z\): q0.159 at 24 h"
    ):
        entry.compare(rows)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("regime", "high", "regime at 1 h: recorded 'normal', rebuilt 'high'"),
        ("price", None, "price at 1 h"),
        ("simulated", True, "simulated at 1 h: recorded None, rebuilt True"),
        ("horizon_hours", 2, r"recorded horizons \[1, 24\], rebuilt \[2, 24\]"),
    ],
)
def test_other_differences_are_named(
    ledger: Ledger, name: str, value: str | float | bool | None, message: str
) -> None:
    entry = ledger.last()
    first, *rest = (dict(row) for row in entry.published.forecast)
    with pytest.raises(AuditError, match=message):
        entry.compare([first | {name: value}, *rest])


def test_zero_and_minus_zero_differ(tmp_path: Path) -> None:
    frame = forecast_frame(FIRST).with_columns(mean=pl.Series([0.0, -0.0]))
    (entry,) = Ledger(tmp_path).publish([publication(forecast=forecast_payload(frame))])
    entry.compare(forecast_payload(frame))
    with pytest.raises(AuditError, match=r"mean at 24 h: recorded -0.0 \(-0x0.0p\+0\)"):
        entry.compare(forecast_payload(frame.with_columns(mean=pl.Series([0.0, 0.0]))))


def test_verify_names_the_hashes_that_are_wrong(ledger: Ledger) -> None:
    sound = ledger.chain.path.read_bytes()
    for old, new, wrong in (
        (b'"vol":0.01}', b'"vol":0.02}', "entry hash and payload hash wrong"),
        (b'"seed":7', b'"seed":8', "entry hash and config hash wrong"),
        (b'"model_hash":"', b'"model_hash":"0', "entry hash wrong"),
    ):
        lines = sound.splitlines(keepends=True)
        lines[1] = lines[1].replace(old, new, 1)
        ledger.chain.path.write_bytes(b"".join(lines))
        with pytest.raises(
            AuditError, match=rf"entry 2 \(BTCUSDT as of 2024-05-01T01:00:00Z\): {wrong}"
        ):
            verify(ledger.folder)


def test_a_chained_line_with_a_wrong_payload_hash_is_caught(ledger: Ledger) -> None:
    body = publication(5).body() | {"payload_hash": "0" * 64}
    with writing(ledger.chain) as writer:
        writer.append([body])
    with pytest.raises(AuditError, match=r"entry 4 .*: payload hash wrong"):
        verify(ledger.folder)


def test_a_chained_line_that_is_no_forecast_is_caught(tmp_path: Path) -> None:
    body = publication().body()
    del body["symbol"]
    with writing(Chain(tmp_path / "forecasts.jsonl", "forecasts")) as writer:
        writer.append([body])
    with pytest.raises(AuditError, match=r"entry 1: symbol is missing"):
        Ledger(tmp_path).last()


def test_every_flipped_byte_of_a_forecast_fails_the_audit(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.publish([publication(hours) for hours in range(2)])
    sound = ledger.chain.path.read_bytes()
    for place, byte in enumerate(sound):
        entry = sound[:place].count(b"\n") + 1
        with (
            overwritten(ledger.chain.path, place, byte ^ 1),
            pytest.raises(AuditError, match=rf"forecasts\.jsonl entry {entry} \("),
        ):
            verify(tmp_path)


def test_verify_counts_what_is_sound(ledger: Ledger) -> None:
    Outcomes(ledger.folder).record([outcome(ledger.last())])
    verified = verify(ledger.folder)
    assert (verified.forecasts, verified.outcomes, verified.trials) == (3, 1, 0)
    assert verified.last_hash == ledger.last().entry_hash


def test_nothing_published_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="publish one with `barograph forecast`"):
        verify(tmp_path)


def test_an_outcome_of_no_forecast_fails_the_audit(ledger: Ledger) -> None:
    Outcomes(ledger.folder).record([outcome(ledger.last(), forecast_sequence=2)])
    with pytest.raises(AuditError, match=r"outcomes\.jsonl entry 1 .* cites forecast 2"):
        verify(ledger.folder)


def test_settings_that_are_not_the_hashed_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not that of the settings"):
        Ledger(tmp_path).publish([publication(config_hash="0" * 16)])


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (forecast_frame(FIRST).drop("q0.500"), "lacks q0.500"),
        (forecast_frame(FIRST).head(0), "no horizon"),
        (forecast_frame(FIRST, (4, 4)), r"horizons \[4, 4\]: each may come once"),
        (forecast_frame(FIRST).with_columns(vol=float("nan")), "vol at 1 h is nan"),
        (forecast_frame(FIRST).with_columns(price=float("inf")), "price at 1 h is inf"),
        (forecast_frame(FIRST).with_columns(p_up=pl.lit(None)), "p_up at 1 h is unknown"),
        (
            forecast_frame(FIRST).with_columns(target_time=datetime(2024, 5, 1)),  # noqa: DTZ001
            "has no time zone",
        ),
        (forecast_frame(FIRST).with_columns(path=pl.lit([1.0])), "path at 1 h is list"),
    ],
)
def test_only_whole_and_finite_forecasts_are_published(frame: pl.DataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        forecast_payload(frame)


def test_moments_are_written_in_utc() -> None:
    assert iso(datetime(2024, 5, 1, 12, tzinfo=UTC)) == "2024-05-01T12:00:00Z"
    assert iso(datetime(2024, 5, 1, 12, 0, 0, 5, tzinfo=UTC)) == "2024-05-01T12:00:00.000005Z"


def test_outcomes_are_recorded_once_and_revisions_kept(ledger: Ledger) -> None:
    outcomes = Outcomes(ledger.folder)
    first, second, _ = ledger.entries()
    assert outcomes.record([outcome(first), outcome(first, 24), outcome(second)]) == 3
    assert outcomes.record([outcome(first), outcome(second)]) == 0
    later = outcome(first, recorded_at=FIRST + timedelta(days=30))
    assert outcomes.record([later]) == 0, "saying the same later is not news"
    revised = outcome(first, realised_return=0.0124)
    assert outcomes.record([revised, revised]) == 1
    assert [one.realised_return for one in outcomes.all()] == [0.0123, 0.0123, 0.0123, 0.0124]
    assert outcomes.latest()[first.entry_hash, 1] == revised


def test_due_is_what_matured_and_is_not_recorded(ledger: Ledger) -> None:
    outcomes = Outcomes(ledger.folder)
    outcomes.record([outcome(next(ledger.entries()))])
    due = outcomes.due(ledger.entries(), FIRST + timedelta(hours=2))
    assert [(entry.sequence, row["horizon_hours"]) for entry, row in due] == [(2, 1)]


def test_an_outcome_before_its_time_is_refused(ledger: Ledger) -> None:
    early = outcome(ledger.last(), 24, recorded_at=FIRST + timedelta(hours=3))
    with pytest.raises(InputError, match="before it was known"):
        Outcomes(ledger.folder).record([early])


def test_a_chained_line_that_is_no_outcome_or_trial_is_caught(tmp_path: Path) -> None:
    for kind in ("outcomes", "trials"):
        with writing(Chain(tmp_path / f"{kind}.jsonl", kind)) as writer:
            writer.append([{"symbol": "BTCUSDT"}])
    with pytest.raises(AuditError, match=r"outcomes\.jsonl entry 1: forecast_sequence"):
        Outcomes(tmp_path).latest()
    with pytest.raises(AuditError, match=r"trials\.jsonl entry 1: at"):
        Trials(tmp_path).count()


def trial(seed: int, **changes: Any) -> Trial:
    fields: dict[str, Any] = {
        "at": FIRST,
        "command": "evaluate",
        "symbol": "BTCUSDT",
        "config_hash": value_hash(seed)[:16],
        "feature_set_hash": value_hash("features"),
        "data_hash": value_hash("data"),
        "version": "0.1.0",
        "scores": {"pinball/24": 0.0061},
    }
    return Trial(**(fields | changes))


def test_the_count_is_of_distinct_configurations(tmp_path: Path) -> None:
    trials = Trials(tmp_path)
    assert trials.count() == 0
    assert trials.register(trial(1)) == 1
    assert trials.register(trial(1, data_hash=value_hash("more data"), symbol="ETHUSDT")) == 1
    assert trials.register(trial(2)) == 2
    assert trials.register(trial(2, feature_set_hash=value_hash("mine"))) == 3
    assert [one.command for one in trials.all()] == ["evaluate"] * 4


def test_looking_again_at_what_was_seen_is_no_new_trial(tmp_path: Path) -> None:
    trials = Trials(tmp_path)
    first, other = trial(1, command="backtest"), trial(2, command="backtest")
    again = trial(1, command="backtest", at=FIRST + timedelta(days=1))
    assert trials.add([first, other, again]) == 2
    assert trials.add([again]) == 0
    assert trials.add([trial(1, command="backtest", data_hash=value_hash("more data"))]) == 1
    assert trials.count(TRADING) == 2


def test_trading_and_forecasting_are_counted_apart(tmp_path: Path) -> None:
    trials = Trials(tmp_path)
    trials.add([trial(k, command="optimise") for k in range(3)])
    assert trials.register(trial(1)) == 1
    assert trials.count(TRADING) == 3
