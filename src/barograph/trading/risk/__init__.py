"""What stops trading by itself: state machines, a file each, the same in backtest and live."""
