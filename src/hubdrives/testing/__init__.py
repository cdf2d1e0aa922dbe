"""What tests of hubdrives, and of packages that extend it, are made with."""
