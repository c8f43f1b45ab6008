"""The portal: what admins and extension users see in a browser, and the REST API."""
