"""The app in a browser: a server of pages, and for every viewer the app on a terminal of its own.

guard     who is answered;   viewer   one process on a pseudo-terminal;   own_terminal   how it begins
server    pages and web sockets;   front   the page, around textual-serve's terminal
"""
