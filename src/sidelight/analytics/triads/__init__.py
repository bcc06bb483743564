"""Programs, libraries and blobs that lie together on a disk as a sideload does.

Log source: none; the files themselves. Technique: T1574.001.
What it catches: a trusted program beside a library that it loads and that is not its vendor's.
Defeated by: a library with the very signature of the program's vendor; a program that no trusted
root stands behind; a library that is loaded by a name made while the program runs, or from a
folder elsewhere.
"""
