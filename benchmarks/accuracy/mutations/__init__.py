"""Programs that plant mistakes, an area each. Every public file here is loaded."""
