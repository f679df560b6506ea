"""From Documents to tidy frames: forms, codebook, numbers, organs and checks."""
