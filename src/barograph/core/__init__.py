"""What everything stands on: time, columns, errors, settings, discovery."""
