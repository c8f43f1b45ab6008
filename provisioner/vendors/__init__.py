"""One package a vendor, found by walking this folder: there is no list to edit."""
