"""The settings of a run, read once: the command line over the environment (SHENBAO_…) over ./shenbao.toml."""

from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from pipeline.errors import UsageError


class Settings(BaseSettings):
    """Every setting with its default. Sizes are in MiB, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SHENBAO_", toml_file="shenbao.toml", extra="forbid", frozen=True)

    programme: str = Field("fujian-ai-2024", description="the programme's id, or a folder that holds one")
    registries: Path | None = Field(None, description="folder of 经营异常名录 and 失信企业 lists")
    workspace: Path = Field(Path(".shenbao"), description="what is remembered between runs")
    out: Path = Field(Path("out"), description="where the report goes")
    database_url: str | None = Field(None, description="the ledger's database; SQLite in the workspace by default")
    workers: int = Field(2, ge=1, description="files read at a time, a process and a core each")
    read_seconds: int = Field(300, ge=1, description="time limit for reading one file")
    read_memory: int = Field(4096, ge=512, description="memory limit of one reading process, MiB")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def load_settings(**given: object) -> Settings:
    """The settings, those `given` on the command line first; None means not given. Raises UsageError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise UsageError("settings (command line, SHENBAO_… or shenbao.toml): " + "; ".join(mistakes)) from error
    except ValueError as error:  # tomllib
        raise UsageError(f"shenbao.toml: {error}") from error
