"""From forecasts to what acting on them would have earned: engineering evaluation, not advice."""
