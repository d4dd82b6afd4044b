"""What follows events: the relay that plans and claims reactions, the broker that carries them, and the reactions."""
