"""What a person reads of an answer: words, units, tables and figures."""
