"""Placement: the node for each new pod."""
