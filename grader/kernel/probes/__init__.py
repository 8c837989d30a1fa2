"""One kind of observation per file."""
