"""File syntaxes: each can escape a value, read a rendered file into a document of keys, and write it back."""

from provisioner.syntax.base import OMIT, Document, Syntax, clean
from provisioner.syntax.lines import LineSyntax
from provisioner.syntax.xml import Cell, XmlDocument, XmlSyntax, parse_xml

__all__ = ["OMIT", "Cell", "Document", "LineSyntax", "Syntax", "XmlDocument", "XmlSyntax", "clean", "parse_xml"]
