"""The questions over HTTP; ``uvicorn kytos.api:app`` serves them."""

from kytos.api.application import Dashboard, create_app
from kytos.api.settings import Settings

app = create_app(Settings.from_environment())

__all__ = ["Dashboard", "Settings", "app", "create_app"]
