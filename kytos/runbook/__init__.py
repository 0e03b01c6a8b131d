"""An answer as ordered safe steps, the forecast of what the scheduler makes of them, as text."""
