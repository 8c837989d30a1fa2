"""How platforms lay out the hand-ins of a class when they are downloaded."""
