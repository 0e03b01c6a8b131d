"""The four questions over HTTP; ``uvicorn kytos.api:app`` serves them."""

from kytos.api.application import create_app
from kytos.api.settings import Settings

app = create_app(Settings.from_environment())

__all__ = ["Settings", "app", "create_app"]
