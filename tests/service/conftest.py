"""One store and one server for the tests that only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.service.world import END, Server, build, serving

from barograph.service.reading import Reading
from barograph.service.view import read_view
from barograph.store.store import Store


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("serving")
    build(made).close()
    return made


@pytest.fixture(scope="session")
def server(folder: Path) -> Iterator[Server]:
    with serving(folder) as running:
        yield running


@pytest.fixture
def reading(folder: Path) -> Iterator[Reading]:
    """The store as a route sees it, at a standstill ten seconds after the last bar."""
    store = Store.reader(folder)
    view = read_view(store)
    assert view.market is not None
    yield Reading(store, view, view.market.wall + (END + 10 - view.market.market) / 60.0)
    store.close()
