"""An exchange on localhost that speaks Binance's protocol, faults on demand."""
