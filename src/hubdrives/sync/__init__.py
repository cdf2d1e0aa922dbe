"""A working folder and upstream's snapshot become one, without losing a byte the user wrote. Knows no network.

Read in this order: `values`; `scan` (what is there); `table`, `actions` and `plan` (what shall be done: pure); `parts`
and `incoming` (bytes that arrive); `apply` (does it: the only one that changes the user's files); `ledger` (what was
done); `workspace` with `lock`, `journal` and `store` (what stays known until next time). All of them change things only
through `disk`.
"""
