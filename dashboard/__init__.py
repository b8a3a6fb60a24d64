"""What pages are built of. Streamlit lives here and above."""
