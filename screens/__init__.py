"""Every face: full screen, plain prompts and commands. A face holds no rule of the domain."""
