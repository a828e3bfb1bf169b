"""Why a forecast is what it is: contributions that add up, and reasons in words."""
