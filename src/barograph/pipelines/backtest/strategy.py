"""Which strategy a plan means: one of the catalogue, or one of the user's own file."""

from pathlib import Path

from barograph.core.errors import SettingsError
from barograph.pipelines.prepare import known
from barograph.trading.catalogue import strategies
from barograph.trading.extension import own_strategies
from barograph.trading.strategies.base import Rule


def strategy_named(name: str) -> Rule:
    """A strategy by its name, or of a file: ``my.py``, or ``my.py:name`` where it holds several.

    Raises
    ------
    SettingsError
        If there is none of that name.
    InputError
        If the file cannot be used.
    """
    path = path_of(name)
    if path is None:
        catalogue = strategies()
        known(name, tuple(catalogue), "strategy")
        return catalogue[name]
    found, wanted = own_strategies(path), name.partition(".py:")[2]
    if wanted:
        known(wanted, tuple(found), f"strategy of {path}")
    elif len(found) > 1:
        names = ", ".join(f"{path}:{one}" for one in found)
        raise SettingsError(f"{path} holds {len(found)} strategies; name one of {names}")
    return found[wanted or next(iter(found))]


def path_of(name: str) -> Path | None:
    """The file a strategy is named by; None where it is one of the catalogue."""
    file, _, wanted = name.partition(".py:")
    if wanted:
        return Path(file + ".py")
    return Path(name) if name.endswith(".py") or "/" in name else None
