"""Trading the forecasts of a run, as a user types it: a strategy of one's own, and a cheat."""

import json

from tests.end_to_end.conftest import Place

OWN = '''\
class Follow:
    """With the last hour."""

    def __init__(self, least: float = 0.001) -> None:
        self.least = least

    def decide(self, view):
        if len(view.close) < 2 or view.forecast() is None:
            return None
        moved = view.close[-1] / view.close[-2] - 1.0
        return 1.0 if moved > self.least else -1.0 if moved < -self.least else 0.0
'''
CHEAT = OWN.replace("view.close[-1] / view.close[-2]", "view.close[len(view.close)] / 1.0")


def test_a_strategy_of_ones_own_trades_the_forecasts_of_a_run(place: Place) -> None:
    (place.root / "follow.py").write_text(OWN)
    words = ("backtest", "--strategy", "follow.py", "--horizon", "4", "--min-confidence", "0")
    said = place.run(*words, "--set", "least=0.002", "--json")
    assert said.code == 0, said.err
    told = json.loads(said.out)
    assert told["strategy"] == "follow"
    assert told["parameters"] == {"least": 0.002}
    assert told["notice"].endswith("not financial advice.")
    assert told["performance"]["trades"] > 10
    assert json.loads((place.out / "backtest" / "backtest.json").read_text()) == told
    shown = place.run(*words)
    assert max(map(len, shown.out.partition("Prices alone")[0].splitlines()[1:])) <= 80
    assert "…" not in shown.out


def test_a_cheat_and_what_is_missing_are_one_line_and_a_code(place: Place) -> None:
    (place.root / "cheat.py").write_text(CHEAT)
    said = place.run("backtest", "--strategy", "cheat.py", "--horizon", "4")
    assert said.code == 6
    assert "strategy 'follow': BTCUSDT close[" in said.error
    (place.out / "forecasts.parquet").unlink()
    said = place.run("backtest", "--start", "2024-02-01", "--end", "2024-03-01")
    assert said.code == 2
    assert (
        "make them with `barograph evaluate --symbol BTCUSDT --start 2024-02-01 --end 2024-03-01 "
        "--out out`" in said.error
    )
