"""Response headers, written down once: the local server sends them and the snippets for hosts are made from them.

The worker is governed by the policy on its own response, never by the page's ``<meta>``, so the policy goes on every
response; wasm must be ``application/wasm``; what has a hash in its name may be kept for ever, and everything else must
be asked for anew.

One page alone may stand in another site's page: the one below /embed/, which can do nothing but check a number. What a
page says in ``<meta>`` cannot forbid framing, so where a host sends no headers, every page can be framed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

# frame-ancestors is ignored in <meta>, so only the header has it.
_POLICY = (
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "manifest-src 'self'",
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

# The page for other sites to embed, and the script that does it, which they load under its hash.
EMBED = ("/embed/", "/en/embed/")
EMBEDDED = {
    **EVERYWHERE,
    "Content-Security-Policy": CSP.replace("frame-ancestors 'none'", "frame-ancestors *"),
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
}

# Status lists of exported credentials: anybody's page may read them, that is what they are for. No page stands there.
OPEN = ("/credentials/",)
READABLE = {**EVERYWHERE, "Access-Control-Allow-Origin": "*"}

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
    ".webmanifest": "application/manifest+json",
    ".whl": "application/octet-stream",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".zip": "application/zip",
}


# What hosts are told to compress on the way when no ready-made .gz lies beside it. HTML they compress by themselves.
PACKED = ("application/json", "application/wasm", "image/svg+xml", "text/css", "text/javascript", "text/plain")

# Texts without an ending in their name.
TEXTS = ("/ledger/checkpoint", "/ledger/head", "/ledger/heads/")


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


def always_sent(path: str) -> dict[str, str]:
    """What is sent with a path whatever it is, but for its type and for how long it may be kept."""
    if path.startswith(OPEN):
        return READABLE
    return EMBEDDED if path.startswith(EMBED) else EVERYWHERE


def content_type(path: str) -> str:
    """The Content-Type of a path; files of the ledger without an ending are plain bytes, its notes plain text."""
    name = path.rsplit("/", 1)[-1]
    ending = "." + name.rsplit(".", 1)[-1] if "." in name else ""
    if path in TEXTS or path.startswith("/ledger/heads/"):
        return "text/plain; charset=utf-8"
    return TYPES.get(ending, "application/octet-stream")


def headers_file() -> str:
    """``_headers``, as Cloudflare Pages and Netlify read it: rules that fit one path add up, so none may overlap.

    So the policy for the page that may be embedded cannot be told here: on these hosts no page can be framed.
    """
    lines = ["# Made by ledger build. Cloudflare Pages and Netlify read this file.", "/*"]
    lines += [f"  {name}: {value}" for name, value in EVERYWHERE.items()]
    for place in PLACES[:-1]:
        lines += [f"{place.prefix}*", f"  Cache-Control: {place.cache}"]
    for path in (
        "/",
        "/embed/*",
        "/audit/*",
        "/many/*",
        "/organisations/*",
        "/notices/*",
        "/report/*",
        "/privacy/*",
        "/sw.js",
        "/manifest.webmanifest",
        "/manifest.en.webmanifest",
        "/en/*",
        "/docs/*",
        "/ledger/checkpoint",
        "/ledger/head",
        "/ledger/heads/*",
        "/ledger/shard/*",
        "/ledger/masked/*",
        "/ledger/notice/*",
        "/ledger/details/*",
        "/ledger/trust.json",
    ):
        lines += [path, f"  Cache-Control: {ALWAYS_ASK}"]
    for prefix in OPEN:
        lines += [f"{prefix}*", f"  Cache-Control: {ALWAYS_ASK}"]
        lines += [f"  {name}: {value}" for name, value in READABLE.items() if name not in EVERYWHERE]
    for ending in (".mjs", ".wasm"):
        lines += [f"/runtime/*{ending}", f"  Content-Type: {TYPES[ending]}"]
    return "\n".join(lines) + "\n"


def _nginx_location(place: str, cache: str, sent: dict[str, str], *more: str) -> str:
    """One location; add_header is not inherited into a location that has its own, so each repeats all of them."""
    first = {"/": "/"}.get(place, f"^~ {place}") if place.endswith("/") else f"= {place}"
    lines = [f'add_header Cache-Control "{cache}" always;']
    lines += [f'add_header {name} "{value}" always;' for name, value in sent.items()]
    lines += [*more, "try_files $uri $uri/ =404;" if place in ("/", *EMBED) else "try_files $uri =404;"]
    return f"    location {first} {{\n" + "".join(f"        {line}\n" for line in lines) + "    }\n"


def nginx_file() -> str:
    """A server block for nginx: fill in the name, the certificate and the folder."""
    types: dict[str, list[str]] = {}
    for ending, kind in TYPES.items():
        types.setdefault(kind.split(";")[0], []).append(ending[1:])
    lines = [
        "# Made by ledger build. Fill in name, certificate and folder, and include it in the http block of nginx.",
        "# Keep your copy elsewhere: a build writes this file anew.",
        "server {",
        "    listen 443 ssl;",
        "    server_name ledger.example;",
        "    ssl_certificate /etc/ssl/ledger.example.pem;",
        "    ssl_certificate_key /etc/ssl/ledger.example.key;",
        "    root /srv/ledger-site;",
        "    index index.html;",
        "    error_page 404 /404.html;",
        "    error_page 403 =404 /404.html;  # a folder without a page",
        "    access_log off;  # which shards were asked for is nobody's business",
        "    gzip_static on;",
        "    gzip on;",
        "    gzip_vary on;",
        f"    gzip_types {' '.join(PACKED)};",
        "    charset utf-8;",
        "    charset_types text/css text/javascript text/plain;",
        "    types {",
        *(f"        {kind} {' '.join(endings)};" for kind, endings in sorted(types.items())),
        "    }",
        "    default_type application/octet-stream;",
    ]
    locations = [_nginx_location(place.prefix, place.cache, EVERYWHERE) for place in PLACES]
    locations += [_nginx_location(path, ALWAYS_ASK, EVERYWHERE, "default_type text/plain;") for path in TEXTS]
    locations += [_nginx_location(path, ALWAYS_ASK, EMBEDDED) for path in EMBED]
    locations += [_nginx_location(path, ALWAYS_ASK, READABLE) for path in OPEN]
    return "\n".join(lines) + "\n" + "".join(locations) + "}\n"


def _caddy_header(matcher: str, sent: Mapping[str, str], *more: str) -> list[str]:
    lines = [*(f'{name} "{value}"' for name, value in sent.items()), *more]
    return [f"    header {matcher} {{", *(f"        {line}" for line in lines), "    }"]


def _caddy_type(matcher: str, kind: str) -> list[str]:
    """Deferred: the file server sets the type that the machine's table knows, or none."""
    return _caddy_header(matcher, {"Content-Type": kind}, "defer")


def caddy_file() -> str:
    """A site block for Caddy. It orders directives in its own way, so no two set one header of a path."""
    kept = [f"{place.prefix}*" for place in PLACES[:-1]]
    embed = [f"{prefix}*" for prefix in EMBED]
    texts = [f"{path}*" if path.endswith("/") else path for path in TEXTS]
    types = {ending[1:]: kind for ending, kind in TYPES.items()}
    lines = [
        "# Made by ledger build. Fill in name and folder. Keep your copy elsewhere: a build writes this file anew.",
        "ledger.example {",
        "    root * /srv/ledger-site",
        "    encode gzip",
        f"    @kept path {' '.join(kept)}",
        f"    @asked not path {' '.join(kept)}",
        f"    @embed path {' '.join(embed)}",
        f"    @open path {' '.join(f'{prefix}*' for prefix in OPEN)}",
        f"    @own not path {' '.join(embed)}",
        *(f"    @{name} path *.{name}" for name in types),
        "    @tiles path /ledger/tile/* /ledger/index/*",
        f"    @texts path {' '.join(texts)}",
        f'    header @kept Cache-Control "{FOREVER}"',
        f'    header @asked Cache-Control "{ALWAYS_ASK}"',
        *_caddy_header("@own", EVERYWHERE),
        *_caddy_header("@embed", EMBEDDED),
        *_caddy_header("@open", {name: value for name, value in READABLE.items() if name not in EVERYWHERE}),
        *_caddy_type("@texts", TYPES[".txt"]),
        *_caddy_type("@tiles", "application/octet-stream"),
        *(line for name, kind in types.items() for line in _caddy_type(f"@{name}", kind)),
        "    handle_errors {",
        "        rewrite * /404.html",
        '        header Content-Type "text/html; charset=utf-8"',
        "        file_server",
        "    }",
        "    file_server {",
        "        precompressed gzip",
        "    }",
        "}",
    ]
    return "\n".join(lines) + "\n"


def hosting_table() -> str:
    """The same rules as JSON, for hosts that are told of each file as it is uploaded: object storage, other servers."""
    value = {
        "always": EVERYWHERE,
        "cache": [{"prefix": place.prefix, "cache-control": place.cache} for place in PLACES],
        "embed": {"prefixes": EMBED, "always": EMBEDDED},
        "open": {"prefixes": OPEN, "always": READABLE},
        "types": {"by_ending": TYPES, "texts": TEXTS, "otherwise": "application/octet-stream"},
    }
    return json.dumps(value, indent=1, sort_keys=True) + "\n"
