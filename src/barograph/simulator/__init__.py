"""An exchange on localhost that speaks the real one's protocol."""
