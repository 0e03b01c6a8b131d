"""The machine reassignment of the ROADEF/EURO challenge 2012, posed by Google, as a benchmark."""
