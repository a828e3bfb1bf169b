"""One file per model: a recipe, and the immutable thing it is fitted into."""
