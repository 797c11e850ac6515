"""The protocol, pure: values in, values out. No clock, no I/O, no framework.

An endpoint reads from storage, asks a function of this package, writes what it
decided, and answers. Nothing here calls back.
"""
