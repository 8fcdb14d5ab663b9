"""The map's tiles: fetched from the site's map service, or drawn here for the demo."""
