"""The door: the one way by which anything stored about a person leaves."""
