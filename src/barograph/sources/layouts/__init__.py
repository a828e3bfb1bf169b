"""One file per way suppliers write rows down, each ending in ``LAYOUTS``."""
