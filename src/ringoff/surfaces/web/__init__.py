"""What all our pages share, a subscriber's and an agent's: headers, cookies, forms, the reference of a request."""
