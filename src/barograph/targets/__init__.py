"""What is forecast, each with the moment it becomes known."""
