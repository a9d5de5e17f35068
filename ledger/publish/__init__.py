"""From the committed register to files: the public folder, and the durable writing of every file of a home.

durable      atomic and durable writes, many at once or one; the lock of a home
lockfile     the lock, on each operating system
projection   the public folder, made from the register
"""
