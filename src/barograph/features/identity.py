"""A name for exactly these features, so that a forecast can say what it was made from."""

import hashlib
from collections.abc import Mapping

from barograph.features.base import Feature
from barograph.features.catalogue import needed_parts


def feature_set_hash(features: Mapping[str, Feature]) -> str:
    """First 16 hex digits of the SHA-256 of names, expressions and lookbacks.

    Parts count by their expressions. The same in every process, whatever the order of the
    mapping; another Polars may write an expression down in another way and so change it.
    """
    digest = hashlib.sha256()
    wanted = sorted(features.values(), key=lambda feature: feature.name)
    for part in sorted(needed_parts(wanted), key=lambda part: part.name):
        digest.update(f"{part.name}\n{part.expr.meta.serialize(format='json')}\n".encode())
    for feature in wanted:
        expression = feature.expr.meta.serialize(format="json")
        digest.update(f"{feature.name}\n{expression}\n{feature.lookback}\n".encode())
    return digest.hexdigest()[:16]
