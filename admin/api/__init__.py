"""The REST API: the portal's services under ``/api/v1``, declared once for routing, checking and the document."""
