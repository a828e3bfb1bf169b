"""One file per metric: pointwise formulas; grouping and averaging live in evaluation."""
