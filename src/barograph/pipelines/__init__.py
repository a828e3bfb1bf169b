"""The composition root: the only place where science meets I/O."""
