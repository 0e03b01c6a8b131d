"""Small pieces of a page: controls, tables, texts, heatmaps."""
