"""The energy: weights, terms as a PyQUBO model, and the referee that checks it in NumPy."""
