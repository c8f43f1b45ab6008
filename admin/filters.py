"""What templates may call."""

from __future__ import annotations

from flask import Flask

from admin import sayings, words


def register(app: Flask) -> None:
    """Make our words and filters known to the templates."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(_=words._, counted=words.counted, language=words.language)
    app.jinja_env.filters.update(number=words.number, ago=words.ago, brief=words.brief, stamp=words.stamp)
    app.jinja_env.filters.update(say=sayings.say)
