"""The small things everything stands on: moments, levels, the panel, settings, catalogues."""

import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from tests.panels import make_panel

import barograph.models
from barograph.core.discover import discover
from barograph.core.errors import InputError, SettingsError
from barograph.core.levels import INTERVALS, LEVELS, SCORED, column, level_array
from barograph.core.panel import Panel
from barograph.core.settings import Settings, WalkForward, load_settings
from barograph.core.time import HORIZONS, interval_length, now, parse_moment
from barograph.core.time import INTERVALS as LENGTHS
from barograph.models.base import Recipe

CONFIG = Path(__file__).parents[3] / "config"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2021-01-01", datetime(2021, 1, 1, tzinfo=UTC)),
        ("2021-01-01T05:30", datetime(2021, 1, 1, 5, 30, tzinfo=UTC)),
        ("2021-01-01T05:30Z", datetime(2021, 1, 1, 5, 30, tzinfo=UTC)),
        ("2021-01-01T05:30+02:00", datetime(2021, 1, 1, 3, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_without_a_zone_is_utc(text: str, wanted: datetime) -> None:
    assert parse_moment(text) == wanted
    assert parse_moment(text).tzinfo is UTC


@given(st.datetimes(timezones=st.integers(-14, 14).map(lambda h: timezone(timedelta(hours=h)))))
def test_any_moment_survives_being_written(moment: datetime) -> None:
    assert parse_moment(moment.isoformat()) == moment


@pytest.mark.parametrize("text", ["yesterday", "", "2021-13-01", "01/02/2021"])
def test_what_is_no_date_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(InputError, match="is not a date; write YYYY-MM-DD"):
        parse_moment(text)


def test_intervals_and_the_clock() -> None:
    assert interval_length("5m") == timedelta(minutes=5)
    assert all(86_400 % length.total_seconds() == 0 for length in LENGTHS.values())
    with pytest.raises(InputError, match="unknown interval '2h'; known: 1m, 5m"):
        interval_length("2h")
    assert now().tzinfo is UTC
    assert list(HORIZONS) == sorted(HORIZONS)


def test_levels_are_symmetric_and_hold_every_interval() -> None:
    levels = level_array()
    np.testing.assert_allclose(levels, 1 - levels[::-1], atol=1e-12)
    assert LEVELS[1:-1] == SCORED
    for percent, (low, high) in INTERVALS.items():
        assert {low, high} <= set(SCORED)
        assert high - low == pytest.approx(percent / 100, abs=0.005)
    assert norm.cdf([-2, -1, 1, 2]) == pytest.approx([0.023, 0.159, 0.841, 0.977], abs=5e-4)
    names = [column(level) for level in LEVELS]
    assert names == sorted(set(names)), "distinct, and in the order of the levels"
    assert column(0.159) == "q0.159"


def test_a_panel_knows_only_targets_that_matured() -> None:
    panel = make_panel(400, missing=0.0)
    known = panel.known_at(200)
    assert len(known) == 201
    for k, h in enumerate(panel.horizons):
        for name in ("target_return", "target_variance"):
            seen, whole = getattr(known, name)[:, k], getattr(panel, name)[:, k]
            np.testing.assert_array_equal(seen[: 201 - h], whole[: 201 - h])
            assert np.isnan(seen[201 - h :]).all()
    np.testing.assert_array_equal(known.close, panel.close[:201])


@given(rows=st.lists(st.integers(0, 399), min_size=2, max_size=2))
def test_knowing_twice_is_knowing_at_the_earlier(rows: list[int]) -> None:
    panel = make_panel(400, missing=0.0)
    earlier, later = sorted(rows)
    once, twice = panel.known_at(earlier), panel.known_at(later).known_at(earlier)
    np.testing.assert_array_equal(once.target_variance, twice.target_variance)
    np.testing.assert_array_equal(once.hours, twice.hours)


def with_forecasts() -> Panel:
    from dataclasses import replace

    panel = make_panel(400, names=("one", "two"))
    return replace(panel, forecasts={"har": 2.0 * panel.target_variance})


def test_cutting_a_panel_cuts_everything_in_it() -> None:
    panel = with_forecasts()
    part = panel.rows(100, 150)
    assert part.moment(0) == panel.moment(100)
    np.testing.assert_array_equal(part.forecasts["har"], panel.forecasts["har"][100:150])
    day = panel.at_horizons((24,))
    assert day.horizons == (24,)
    np.testing.assert_array_equal(day.target_variance[:, 0], panel.target_variance[:, 1])
    np.testing.assert_array_equal(day.forecasts["har"][:, 0], panel.forecasts["har"][:, 1])


def test_rows_and_moments_are_each_others_inverse() -> None:
    panel = make_panel(400)
    assert panel.moment(0) == datetime(2022, 1, 1, 1, tzinfo=UTC)
    assert panel.row(panel.moment(77)) == 77
    assert panel.row(panel.moment(77) - timedelta(minutes=1)) == 77
    assert panel.row(panel.moment(0) - timedelta(days=9)) == 0
    assert panel.row(panel.moment(399) + timedelta(hours=1)) == 400


def test_features_are_taken_by_name() -> None:
    panel = with_forecasts()
    np.testing.assert_array_equal(panel.columns(("two", "one")), panel.features[:, ::-1])
    assert panel.columns(()).shape == (400, 0)
    with pytest.raises(KeyError, match="no feature three, four"):
        panel.columns(("three", "one", "four"))


def test_returns_are_unknown_beside_a_gap() -> None:
    panel = make_panel(400)
    gap = np.flatnonzero(~panel.present)
    beside = np.unique(np.concatenate(([0], gap, gap + 1)))
    np.testing.assert_array_equal(np.flatnonzero(np.isnan(panel.log_return)), beside[beside < 400])


@pytest.mark.parametrize("size", ["small", "medium"])
def test_run_files_are_complete(size: str) -> None:
    """Every setting is written out: a run file is the whole record of a run."""
    import yaml

    path = CONFIG / f"{size}.yaml"
    written = yaml.safe_load(path.read_text())
    settings = load_settings(path)
    assert settings.model_dump(mode="json") == written
    assert set(written["walk_forward"]) == set(WalkForward.model_fields)


def test_the_hash_tells_runs_apart_and_not_their_spelling(tmp_path: Path) -> None:
    text = (CONFIG / "small.yaml").read_text()
    usual = load_settings(CONFIG / "small.yaml")
    other = tmp_path / "other.yaml"
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    other.write_text("# another comment\n" + "\n".join(lines))
    assert load_settings(other).hash == usual.hash
    assert len(usual.hash) == 16
    changed = {
        "seed": 8,
        "symbols": ("ETHUSDT",),
        "walk_forward": WalkForward(**{**usual.walk_forward.model_dump(), "test_days": 92}),
    }
    hashes = {usual.model_copy(update={key: value}).hash for key, value in changed.items()}
    assert len(hashes | {usual.hash}) == 4


@pytest.mark.parametrize(
    ("find", "replacement", "message"),
    [
        ("seed: 7", "sead: 7", r"unknown key 'sead'; did you mean 'seed'\?"),
        ("seed: 7", "seed: 7\nzzz: 1", "unknown key 'zzz'; known keys: size, symbols"),
        (
            "test_days",
            "tset_days",
            r"unknown key 'walk_forward.tset_days'; did you mean 'test_days'",
        ),
        ("test_days: 91", "test_days: 0", r"walk_forward.test_days: .* \(got 0\)"),
        ("scheme: anchored", "scheme: sliding", "walk_forward.scheme: .*'anchored' or 'rolling'"),
        ("symbols: [BTCUSDT]", "symbols: []", "symbols: .* at least 1"),
        ("seed: 7", "", "seed is missing; every one must be there"),
        ("168]", "72]", r"horizons: .*must ascend; write \[1, 4, 8, 24, 72\]"),
        ("[1, 4, 8", "[4, 1, 8", r"horizons: .*must ascend; write \[1, 4, 8, 24, 72, 168\]"),
        ("[BTCUSDT]", "[A, B, A]", r"symbols: .*twice; write \['A', 'B'\]"),
        ("168]", "1000]", "horizons.5: .*less than or equal to 720"),
    ],
)
def test_a_run_file_that_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, find: str, replacement: str, message: str
) -> None:
    text = (CONFIG / "small.yaml").read_text()
    assert find in text
    path = tmp_path / "run.yaml"
    path.write_text(text.replace(find, replacement))
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot read"), ("a: [", "cannot read"), ("- 1", "holds list, wanted a mapping")],
)
def test_what_is_no_run_file_is_refused(tmp_path: Path, content: str | None, message: str) -> None:
    path = tmp_path / "run.yaml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SettingsError, match=message) as caught:
        load_settings(path)
    assert "\n" not in str(caught.value)


def test_settings_cannot_be_changed() -> None:
    settings = load_settings(CONFIG / "small.yaml")
    with pytest.raises(ValueError, match="frozen"):
        settings.seed = 8
    assert isinstance(settings, Settings)


def package(folder: Path, name: str, files: dict[str, str]) -> ModuleType:
    """A package on disk, imported."""
    home = folder / name
    home.mkdir()
    (home / "__init__.py").touch()
    for file, text in files.items():
        (home / f"{file}.py").write_text(text)
    sys.path.insert(0, str(folder))
    try:
        return __import__(name)
    finally:
        sys.path.remove(str(folder))


THING = "from barograph.models.ewma import Ewma\nTHINGS = ({})\n"


def test_a_catalogue_is_every_declaration_sorted_and_read_only(tmp_path: Path) -> None:
    made = package(
        tmp_path,
        "catalogue_of_two",
        {"z": THING.format("Ewma(name='a'),"), "a": THING.format("Ewma(name='b'),"), "none": ""},
    )
    found = discover(made, Recipe, "THINGS")  # type: ignore[type-abstract]
    assert list(found) == ["a", "b"]
    assert isinstance(found, MappingProxyType)


@pytest.mark.parametrize(
    ("name", "declared", "error", "message"),
    [
        ("catalogue_of_strings", "'a',", TypeError, "THINGS holds 'a', not a Recipe"),
        ("catalogue_of_twins", "Ewma(), Ewma()", ValueError, "declares 'ewma' a second time"),
    ],
)
def test_a_wrong_declaration_is_refused_where_it_is(
    tmp_path: Path, name: str, declared: str, error: type[Exception], message: str
) -> None:
    made = package(tmp_path, name, {"one": THING.format(declared)})
    with pytest.raises(error, match=message):
        discover(made, Recipe, "THINGS")  # type: ignore[type-abstract]


def test_every_module_of_models_is_looked_through() -> None:
    found = discover(barograph.models, Recipe, "MODELS")  # type: ignore[type-abstract]
    assert {"random_walk", "ewma", "garch_t", "har"} <= set(found)
    assert all(name == recipe.name for name, recipe in found.items())
