"""Every format of variables against the programs that read it: byte for byte, or refused, and no code of a value runs."""
