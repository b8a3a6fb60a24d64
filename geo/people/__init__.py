"""People: residents as demand points, from points, areas or rasters, and how coarse they are."""
