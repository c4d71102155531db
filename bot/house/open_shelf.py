"""Where a team keeps postmortems, as the settings name it."""

from __future__ import annotations

from bot.closing.ports import Publication
from bot.settings import Settings, SettingsError
from integrations.contract import Ready
from integrations.github.writer import Document, GithubWriter, WriterSettings


class Shelf:
    """`bot.closing.ports.Publisher` on GitHub."""

    name = "postmortems"
    """How `doctor` calls it."""

    def __init__(self, writer: GithubWriter) -> None:
        self._writer = writer

    async def publish(self, publication: Publication) -> str:
        one = publication
        return await self._writer.write(Document(one.incident_id, one.title, one.text, one.folder))

    async def close(self) -> None:
        await self._writer.close()

    async def ready(self) -> Ready:
        """Raises RoomError."""
        return await self._writer.ready()


def open_shelf(settings: Settings) -> Shelf | None:
    """None where postmortems stay in the channel. Nothing is connected here. Raises SettingsError."""
    if settings.postmortem_github is None:
        return None
    if settings.github_write_token is None:
        raise SettingsError("GITHUB_WRITE_TOKEN: not set, and POSTMORTEM_GITHUB needs it")
    if settings.postmortem_repo.count("/") != 1:
        raise SettingsError("POSTMORTEM_REPO: owner/name of the repository for postmortems")
    return Shelf(
        GithubWriter(
            WriterSettings(
                token=settings.github_write_token.get_secret_value(),
                repo=settings.postmortem_repo,
                kind=settings.postmortem_github,
                folder=settings.postmortem_folder,
                api_url=settings.github_api_url,
                ca_file=settings.extra_ca_file,
            )
        )
    )
