"""``barograph explain``: sums, words, and one clear line where there is nothing to explain."""

import json

import pytest
from tests.end_to_end.conftest import Place

from barograph import Project


def test_it_explains_the_forecast_there_is(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command, Python and the forecast itself say the same."""
    said = place.run("explain", "--config", "run.yaml", "--horizon", "4", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    monkeypatch.chdir(place.root)
    monkeypatch.setenv("BAROGRAPH_OFFLINE", "1")
    project = Project("lake", config="run.yaml")
    account = project.explain("BTCUSDT", 4)
    row = project.forecast(publish=False).frame.row(1, named=True)
    assert row["horizon_hours"] == 4
    assert told["volatility"] == account.volatility == row["vol"]
    assert told["p_up"] == account.p_up == row["p_up"]
    assert told["confidence"] == row["confidence"]
    assert told["regime"] == row["regime"]
    assert told["as_of"] == row["as_of"].isoformat()
    assert told["reasons"] == account.said["reasons"]
    for name in ("log_volatility", "log_odds_up"):
        parts = [part["value"] for part in told[name]["contributions"]]
        assert told[name]["base"] + sum(parts) == pytest.approx(told[name]["total"], abs=1e-9)


def test_people_get_a_table_with_bars_and_reasons(place: Place) -> None:
    said = place.run("explain", "--config", "run.yaml", "--horizon", "1")
    assert said.code == 0, said.err
    for words in ("expected volatility", "log-odds of a rise", "█", "Because", "Changed"):
        assert words in said.out
    assert "BTCUSDT" in said.out.splitlines()[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--horizon", "5"), "horizon 5 h is not forecast; those: 1, 4"),
        (("--horizon", "1", "--as-of", "2022-02-01"), "days"),
        (("--horizon", "1", "--lake", "nowhere"), "no lake at nowhere"),
        (("--horizon", "1", "--symbol", "XRPUSDT"), "XRPUSDT"),
    ],
)
def test_what_is_not_there_is_one_clear_line(
    place: Place, words: tuple[str, ...], message: str
) -> None:
    said = place.run("explain", "--config", "run.yaml", *words)
    assert said.code != 0
    assert message in said.error
    assert said.out == ""
