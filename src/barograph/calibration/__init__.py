"""From a scale to an honest distribution: shape, online pool, adaptive conformal."""
