"""Compiled reads: a validated operation becomes one SQL statement a root field and a function that writes its JSON.

`compiling` turns a selection into a tree of what is to be fetched and the Python expressions that write it (`pages` and
`values` know connections and plain values, `plain` objects of those), `statements` turns the tree into SQL, `planning`
makes plans, `keeping` keeps them, `running` runs them; `mutating` and `delivering` run those of mutations and of
subscriptions. What can't be planned, and whatever turns out odd while a plan runs, is left to the ordinary executor:
reads may run twice.
"""
