"""The maker of the embedded sample: a schematic, synthetic district with the texture of a real one."""
