"""A class works on notebooks, the teacher changes them, and everybody pulls: what is left of whose work.

`make scenarios` plays this many times over and writes the table in docs/merging-measured.md.
"""
