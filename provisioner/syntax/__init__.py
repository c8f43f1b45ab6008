"""File syntaxes: each can escape a value, read a rendered file into a document of keys, and write it back."""

from provisioner.syntax.base import OMIT, Document, Syntax, clean
from provisioner.syntax.flat_xml import FlatXml
from provisioner.syntax.lines import LineDocument, LineSyntax
from provisioner.syntax.numbers import Numbers
from provisioner.syntax.settings_xml import SettingsDocument, SettingsXml
from provisioner.syntax.xml import Cell, XmlDocument, XmlSyntax, parse_xml

__all__ = [
    "OMIT",
    "Cell",
    "Document",
    "FlatXml",
    "LineDocument",
    "LineSyntax",
    "Numbers",
    "SettingsDocument",
    "SettingsXml",
    "Syntax",
    "XmlDocument",
    "XmlSyntax",
    "clean",
    "parse_xml",
]
