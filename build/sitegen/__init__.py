"""The generator of the static verification site.

``build_site(public, out)`` turns a public ledger folder into a site that needs no server programme, no database and no
other origin; ``serve(folder, port)`` shows it with the very headers that production hosts are told to send.

places     where the authored sources and the cache lie          node      finds node and npm
runtime    Pyodide, trimmed, and our core as a wheel       assets    content-hashed names, rewritten imports
texts      the catalogues, Chinese and English                    formats   number structures of the profiles
pages      the lookup pages                                       docs      the documentation, through mkdocs
headers    one list of response headers: _headers, nginx, Caddy   server    the local server that sends them
write      the only writer: a temporary sibling, one swap         hooks     what the documentation adds: vectors
"""

from sitegen.server import serve
from sitegen.site import build_site

__all__ = ["build_site", "serve"]
