"""Tables: what each one holds, and how raw cells become typed frames with every fault told."""
