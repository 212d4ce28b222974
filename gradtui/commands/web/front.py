"""The page that a viewer's terminal is on. The terminal, its script and its fonts are textual-serve's."""

from html import escape

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/static/css/xterm.css">
<script src="/static/js/textual.js"></script>
<style>
@font-face {{
  font-family: "Roboto Mono"; src: url("/static/fonts/RobotoMono-VariableFont_wght.ttf");
}}
html, body {{ margin: 0; height: 100%; background: #0c0f14; color: #d7dae0;
  font: 16px system-ui, sans-serif; }}
.textual-terminal {{ position: absolute; inset: 0; overflow: hidden; }}
.waiting {{ position: absolute; top: 45%; width: 100%; text-align: center; }}
.-first-byte .waiting, .-closed .waiting {{ display: none; }}
.ended {{ display: none; position: absolute; bottom: 0; left: 0; right: 0; padding: .5rem 1rem; z-index: 20;
  background: #2b313c; }}
.-closed .ended {{ display: block; }}
.ended a {{ color: #9ecbff; }}
</style>
</head>
<body>
<p class="waiting">{title} is being opened</p>
<div id="terminal" class="textual-terminal" data-session-websocket-url="{socket}"
  data-font-size="{size}"></div>
<p class="ended" role="status">It has ended, or the server has. <a href="/">Open it again</a></p>
</body>
</html>
"""
FONT = 15
"""Pixels of a letter; the browser's own zoom changes it."""


def front_page(title: str, host: str, *, secure: bool) -> str:
    """`host` as the browser calls the server, which has been looked at; `secure`: by https."""
    socket = f"{'wss' if secure else 'ws'}://{host}/ws"
    return PAGE.format(title=escape(title), socket=escape(socket), size=FONT)


def headers(host: str) -> dict[str, str]:
    """What the browser is told: nothing from elsewhere is loaded or asked, and no page may frame this."""
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
        f"img-src 'self' data:; connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
