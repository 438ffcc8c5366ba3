"""The spool: accepted entries on local disk while the broker takes none, drained in order when it is back.

All endpoint processes of a machine share one: segment files that entries are appended to, and a file of
positions that says which of them have been pushed. So a process that dies leaves nothing behind that only it
could find, and the entries of a queue have one order however many processes took them.
"""
