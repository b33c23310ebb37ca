"""The settings of a run, read once: the command line over the environment (SHENBAO_…) over ./shenbao.toml."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from flows.process import ProcessLimits
from pipeline.errors import UsageError
from pipeline.members import MIB, IntakeLimits


class Settings(BaseSettings):
    """Every setting with its default. Sizes are in MiB, times in seconds."""

    model_config = SettingsConfigDict(env_prefix="SHENBAO_", toml_file="shenbao.toml", extra="forbid", frozen=True)

    programme: str = Field("fujian-ai-2024", description="the programme's id, or a folder that holds one")
    registries: Path | None = Field(None, description="folder of 经营异常名录 and 失信企业 lists")
    passwords: Path | None = Field(None, description="file of passwords to try on locked files, one a line")
    workspace: Path = Field(Path(".shenbao"), description="what is remembered between runs")
    out: Path = Field(Path("out"), description="where the report goes")
    database_url: str | None = Field(None, description="the ledger's database; SQLite in the workspace by default")
    workers: int = Field(2, ge=1, description="files read at a time, a process and a core each")
    read_seconds: int = Field(60, ge=1, description="processor time for reading a few pages of one file")
    read_memory: int = Field(4096, ge=512, description="memory limit of one reading process, MiB")
    letter_template: Path | None = Field(None, description="the DOCX that letters are made from, in place of our own")
    office: str = Field("", description="who signs letters; the office that issued the notice by default")
    office_contact: str = Field("", description="who answers questions, as letters name them")
    reply_to: str = Field("", description="the mail address for answers to letters")
    report_exceptions: int = Field(3_000, ge=1, description="exceptions on one page of the report")
    inbox: Path = Field(Path("inbox"), description="where the scheduled run takes new dumps from")
    inbox_settle_seconds: int = Field(30, ge=0, description="how long a dump must lie unchanged before it is taken")
    notify_command: str | None = Field(None, description="a command that is told how a scheduled run ended, on stdin")
    notify_url: str | None = Field(None, description="a URL that is told the same by POST, as JSON")
    server_port: int = Field(4200, ge=1, le=65535, description="where Prefect's page is, on 127.0.0.1")
    report_port: int = Field(4280, ge=1, le=65535, description="where the reports of scheduled runs are, on 127.0.0.1")
    ocr_detection_model: Path | None = Field(None, description="folder of a PP-OCR detection model, not the own one")
    ocr_recognition_model: Path | None = Field(None, description="folder of a PP-OCR recognition model")
    ocr_engine: Literal["openvino", "paddleocr"] = Field("openvino", description="what runs the OCR models")
    ocr_device: str = Field("CPU", description="where it runs them, by the engine's own name")
    mail_depth: int = Field(6, ge=1, description="archives and mails within each other that are opened")
    mail_members: int = Field(5_000, ge=1, description="parts, members and files of one mail")
    mail_size: int = Field(512, ge=1, description="MiB that all archives of one mail expand to")
    source_size: int = Field(512, ge=1, description="MiB of one mail, or of one loose file, as it lies in its source")
    member_size: int = Field(256, ge=1, description="MiB of one member of an archive, expanded")
    member_ratio: int = Field(200, ge=2, description="expanded to packed size of a member above 50 MiB")

    @field_validator("ocr_detection_model", "ocr_recognition_model")
    @classmethod
    def _is_a_model(cls, folder: Path | None) -> Path | None:
        if folder and not all((folder / name).is_file() for name in ("inference.onnx", "inference.yml")):
            raise ValueError(f"{folder} holds no inference.onnx with its inference.yml")
        return folder.absolute() if folder else None

    @property
    def process_limits(self) -> ProcessLimits:
        return ProcessLimits(self.workers, self.read_seconds, self.read_memory)

    @property
    def intake_limits(self) -> IntakeLimits:
        return IntakeLimits(
            depth=self.mail_depth,
            members=self.mail_members,
            total_bytes=self.mail_size * MIB,
            member_bytes=self.member_size * MIB,
            ratio=self.member_ratio,
            source_bytes=self.source_size * MIB,
        )

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
        settings = Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise UsageError("settings (command line, SHENBAO_… or shenbao.toml): " + "; ".join(mistakes)) from error
    except ValueError as error:  # tomllib
        raise UsageError(f"shenbao.toml: {error}") from error
    _tell_readers(settings)
    return settings


def _tell_readers(settings: Settings) -> None:
    """Puts what is part of a reader's VERSION into the environment, where every process finds it on importing one."""
    chosen = {
        "SHENBAO_OCR_DETECTION_MODEL": settings.ocr_detection_model,
        "SHENBAO_OCR_RECOGNITION_MODEL": settings.ocr_recognition_model,
        "SHENBAO_OCR_ENGINE": settings.ocr_engine,
        "SHENBAO_OCR_DEVICE": settings.ocr_device,
    }
    os.environ.update({name: str(value) for name, value in chosen.items() if value})
