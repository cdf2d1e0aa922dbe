"""How fast hubdrives is, beside other programs that do the same with the same: `make bench`."""
