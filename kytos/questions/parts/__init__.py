"""What several questions need: building a problem, wording an answer, the cost of a move."""
