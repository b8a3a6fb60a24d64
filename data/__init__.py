"""The data layer: what a network of centers *is*. Knows no Streamlit."""
