"""The demo: everything on this machine, driven by synthetic visitors over real HTTP."""
