"""Who may use the API, and what was answered to them."""
