"""`ringoff bench`: what this machine closes a second, beside reference rates taken in the same run."""
