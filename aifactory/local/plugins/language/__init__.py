"""Stand-in for Pulumi's Python language host, used where the official one cannot be had.

The engine starts one language host per run and asks it to run the program, component plugins and policy packs.
`host` answers the engine, `children` keeps the processes that it starts, `runner` is what runs inside those
processes, in the interpreter of the program's own environment. Nothing else may be imported there, so `runner`
and `probe` are files that stand alone.
"""
