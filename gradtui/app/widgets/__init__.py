"""Thin Textual shells around the pure renderables, one a file. Each is shown a frozen `View` and nothing
else: `show(view)` is cheap where nothing changed. They bind no keys and take no focus: the keys are the
app's. Where a widget is a pane, its `BORDER_TITLE` is on its border and on its tab.

An app must return `themes.VARIABLES` from `get_theme_variable_defaults()` and register
`themes.THEMES` (the default is `themes.DEFAULT`), or the stylesheets here do not parse.
"""
