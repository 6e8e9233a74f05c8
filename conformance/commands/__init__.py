"""What the commands do, each in its order; imported by the one that is called."""
