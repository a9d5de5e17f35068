"""Response headers, written down once: the local server sends them and the snippets for hosts are made from them.

The worker is governed by the policy on its own response, never by the page's ``<meta>``, so the policy goes on every
response; wasm must be ``application/wasm``; what has a hash in its name may be kept for ever, and everything else must
be asked for anew.
"""

from dataclasses import dataclass

# frame-ancestors is ignored in <meta>, so only the header has it.
_POLICY = (
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types app",
)
CSP = "; ".join(_POLICY)
CSP_META = "; ".join(part for part in _POLICY if not part.startswith("frame-ancestors"))

EVERYWHERE = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

FOREVER = "public, max-age=31536000, immutable"
ALWAYS_ASK = "no-cache"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".whl": "application/octet-stream",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Paths that begin with ``prefix`` and how long they may be kept."""

    prefix: str
    cache: str


# The first place that fits counts. Tiles never change under one name; a partial tile has its width in its name.
PLACES = (
    Place("/assets/", FOREVER),
    Place("/runtime/", FOREVER),
    Place("/ledger/tile/", FOREVER),
    Place("/ledger/index/", FOREVER),
    Place("/", ALWAYS_ASK),
)


def cache_control(path: str) -> str:
    """The Cache-Control of a path such as ``/ledger/head``."""
    return next(place.cache for place in PLACES if path.startswith(place.prefix))


def content_type(path: str) -> str:
    """The Content-Type of a path; files of the ledger without an ending are plain bytes, its notes plain text."""
    name = path.rsplit("/", 1)[-1]
    ending = "." + name.rsplit(".", 1)[-1] if "." in name else ""
    if path in ("/ledger/checkpoint", "/ledger/head") or path.startswith("/ledger/heads/"):
        return "text/plain; charset=utf-8"
    return TYPES.get(ending, "application/octet-stream")


def headers_file() -> str:
    """``_headers``, as Cloudflare Pages and Netlify read it: rules that fit one path add up, so none may overlap."""
    lines = ["# Made by ledger build. Cloudflare Pages and Netlify read this file.", "/*"]
    lines += [f"  {name}: {value}" for name, value in EVERYWHERE.items()]
    for place in PLACES[:-1]:
        lines += [f"{place.prefix}*", f"  Cache-Control: {place.cache}"]
    for path in (
        "/",
        "/organisations/*",
        "/notices/*",
        "/report/*",
        "/en/*",
        "/docs/*",
        "/ledger/checkpoint",
        "/ledger/head",
        "/ledger/heads/*",
        "/ledger/shard/*",
        "/ledger/masked/*",
        "/ledger/notice/*",
        "/ledger/trust.json",
    ):
        lines += [path, f"  Cache-Control: {ALWAYS_ASK}"]
    for ending in (".mjs", ".wasm"):
        lines += [f"/runtime/*{ending}", f"  Content-Type: {TYPES[ending]}"]
    return "\n".join(lines) + "\n"


def nginx_file() -> str:
    """A server block for nginx: fill in the name, the certificate and the folder."""
    always = "".join(f'    add_header {name} "{value}" always;\n' for name, value in EVERYWHERE.items())
    locations = [
        f"    location {'^~ ' if place.prefix != '/' else ''}{place.prefix} {{\n"
        f'        add_header Cache-Control "{place.cache}" always;\n'
        + always.replace("    add_header", "        add_header")
        + f"        try_files $uri {'$uri/ ' if place.prefix == '/' else ''}=404;\n    }}\n"
        for place in PLACES
    ]
    types = "".join(
        f"        {kind.split(';')[0]} {ending[1:]};\n" for ending, kind in TYPES.items() if ending != ".js"
    )
    return (
        "# Made by ledger build. Include it in a server block, or complete this one.\n"
        "# add_header is not inherited into a location that has its own, so each location repeats all of them.\n"
        "server {\n    listen 443 ssl;\n    server_name ledger.example;\n    root /srv/ledger-site;\n"
        "    index index.html;\n    error_page 404 /404.html;\n    charset utf-8;\n    gzip_static on;\n    gzip on;\n"
        "    gzip_types text/css text/javascript application/json text/plain application/wasm image/svg+xml;\n"
        "    types {\n" + types.replace("text/javascript mjs", "text/javascript js mjs") + "    }\n"
        "    default_type application/octet-stream;\n" + always + "".join(locations) + "}\n"
    )


def caddy_file() -> str:
    """A site block for Caddy."""
    lines = [
        "# Made by ledger build. Replace the name and the folder.",
        "ledger.example {",
        "    root * /srv/ledger-site",
        "    encode zstd gzip",
    ]
    lines += ["    header {"]
    lines += [f'        {name} "{value}"' for name, value in EVERYWHERE.items()]
    lines += ["    }", f'    header Cache-Control "{ALWAYS_ASK}"']
    for place in PLACES[:-1]:
        lines += [f'    header {place.prefix}* Cache-Control "{place.cache}"']
    for ending in (".mjs", ".wasm"):
        lines += [f'    header /runtime/*{ending} Content-Type "{TYPES[ending]}"']
    lines += [
        "    handle_errors {",
        "        rewrite * /404.html",
        "        file_server",
        "    }",
        "    file_server {",
        "        precompressed gzip",
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"
