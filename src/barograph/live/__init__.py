"""The runner: streams in, a forecast at every bar close, all of it kept."""
