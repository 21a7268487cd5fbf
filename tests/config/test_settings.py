"""Settings: where they come from, what wins, and what a wrong one is answered with."""

from __future__ import annotations

from pathlib import Path

import pytest
from crossdock.config.load import find_settings_file, load_settings
from crossdock.config.problems import SettingsProblem
from crossdock.config.reference import list_settings
from crossdock.config.settings import HubSettings


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Each test stands in a folder of its own, without a settings file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CROSSDOCK_CONFIG", raising=False)
    return tmp_path


def write(folder: Path, text: str, name: str = "crossdock.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_hub_without_any_settings_uses_one_sqlite_file_in_its_home() -> None:
    settings = load_settings()
    assert settings.database_url == f"sqlite:///{settings.home}/crossdock.sqlite3"
    assert settings.home.is_absolute()
    assert (settings.server.host, settings.server.port) == ("127.0.0.1", 8321)
    assert settings.network.allow_private is False


def test_a_file_in_the_current_folder_is_found_without_naming_it(
    empty_folder: Path,
) -> None:
    write(empty_folder, "[server]\nport = 9000\n")
    assert load_settings().server.port == 9000


def test_the_environment_wins_over_the_file_and_leaves_its_other_values(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_folder, '[server]\nport = 9000\nhost = "0.0.0.0"\n')
    monkeypatch.setenv("CROSSDOCK_SERVER__PORT", "9001")
    settings = load_settings()
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 9001)


def test_a_file_that_is_named_wins_over_the_variable_and_the_folder(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_folder, "[server]\nport = 9000\n")
    by_variable = write(empty_folder, "[server]\nport = 9001\n", "variable.toml")
    named = write(empty_folder, "[server]\nport = 9002\n", "named.toml")
    monkeypatch.setenv("CROSSDOCK_CONFIG", str(by_variable))
    assert load_settings().server.port == 9001
    assert load_settings(named).server.port == 9002


@pytest.mark.parametrize(
    ("named", "key"),
    [("option", "--config"), ("variable", "CROSSDOCK_CONFIG")],
)
def test_a_file_that_is_named_and_missing_is_not_passed_over(
    named: str, key: str, empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = empty_folder / "nowhere.toml"
    if named == "variable":
        monkeypatch.setenv("CROSSDOCK_CONFIG", str(missing))
    with pytest.raises(SettingsProblem, match=r"nowhere\.toml") as caught:
        find_settings_file(missing if named == "option" else None)
    assert caught.value.key == key


def test_a_relative_home_in_a_file_starts_at_that_file(
    empty_folder: Path,
) -> None:
    (empty_folder / "etc").mkdir()
    path = write(empty_folder / "etc", 'home = "data"\n')
    assert load_settings(path).home == empty_folder / "etc" / "data"


def test_a_home_in_the_environment_may_start_at_the_users_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSDOCK_HOME", "~/hub")
    assert load_settings().home == Path.home() / "hub"


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("[server]\nport = 99999\n", "server.port", "whole number, 1 to 65535"),
        ('[server]\nport = "x"\n', "server.port", "whole number, 1 to 65535"),
        ('log_level = "loud"\n', "log_level", "one of debug, info, warning, error"),
        ("[network]\nallow_private = 7\n", "network.allow_private", "true or false"),
        ("[limits]\ndeadline_seconds = 0\n", "limits.deadline_seconds", "above 0"),
        ('[server]\npublic_url = "shop"\n', "server.public_url", "https://HOST"),
        ('[server]\npublic_url = "https://h/?a=1"\n', "server.public_url", "https://"),
        ("home = 5\n", "home", "text"),
        ("[home]\n", "home", "text"),
    ],
)
def test_a_wrong_value_is_answered_with_key_value_and_what_is_allowed(
    text: str, key: str, expected: str, empty_folder: Path
) -> None:
    path = write(empty_folder, text)
    with pytest.raises(SettingsProblem) as caught:
        load_settings()
    problem = caught.value
    assert problem.key == key
    assert expected in problem.allowed
    assert "\n" not in str(problem)
    assert problem.value in str(problem)
    assert problem.source == path.name


def test_a_wrong_value_from_the_environment_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSDOCK_SERVER__PORT", "many")
    with pytest.raises(SettingsProblem, match="CROSSDOCK_SERVER__PORT"):
        load_settings()


def test_a_wrong_secret_is_never_shown(empty_folder: Path) -> None:
    write(empty_folder, '[database]\nurl = "mysql://root:hunter2@db/shop"\n')
    with pytest.raises(SettingsProblem, match=r"database\.url = \(hidden\)") as caught:
        load_settings()
    assert "hunter2" not in str(caught.value)
    assert "postgresql://" in caught.value.allowed


def test_secrets_are_not_in_what_the_settings_print() -> None:
    settings = HubSettings.model_validate(
        {
            "secret_key": "hunter2",
            "database": {"url": "postgresql://hub:hunter2@db/shop"},
        }
    )
    assert "hunter2" not in repr(settings)
    assert "hunter2" not in settings.model_dump_json()
    assert "hunter2" in settings.database_url


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_every_spelling_of_a_postgresql_url_names_the_one_driver(scheme: str) -> None:
    settings = HubSettings.model_validate({"database": {"url": f"{scheme}://h/d"}})
    assert settings.database_url == "postgresql+psycopg://h/d"


def test_a_sqlite_url_is_taken_as_it_is() -> None:
    settings = HubSettings.model_validate({"database": {"url": "sqlite:////a/b"}})
    assert settings.database_url == "sqlite:////a/b"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("[schedule]\npul_seconds = 5\n", "schedule.pull_seconds"),
        ("port = 5\n", "server.port"),
        ("[shedule]\nsweep_seconds = 5\n", "schedule.sweep_seconds"),
        ("server = 5\n", "server."),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_known_one(
    text: str, suggestion: str, empty_folder: Path
) -> None:
    write(empty_folder, text)
    with pytest.raises(SettingsProblem, match="no such setting; did you mean") as error:
        load_settings()
    assert suggestion in error.value.allowed


def test_a_key_like_no_other_is_refused_without_a_suggestion(
    empty_folder: Path,
) -> None:
    write(empty_folder, "zzz = 1\n")
    with pytest.raises(SettingsProblem, match="zzz") as caught:
        load_settings()
    assert caught.value.allowed == "no such setting"


def test_a_mistyped_variable_is_refused_and_those_of_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CROSSDOCK_TEST_POSTGRES", "postgresql://h/d")
    monkeypatch.setenv("CROSSDOCKS", "somebody else's")
    assert load_settings().server.port == 8321
    monkeypatch.setenv("CROSSDOCK_SERVER_PORT", "9000")
    with pytest.raises(SettingsProblem, match="did you mean CROSSDOCK_SERVER__PORT"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b"[server\n", "has to be TOML"), (b"\xff\xfe", "UTF-8")],
)
def test_a_file_that_is_not_toml_is_named_with_the_reason(
    content: bytes, expected: str, empty_folder: Path
) -> None:
    (empty_folder / "crossdock.toml").write_bytes(content)
    with pytest.raises(SettingsProblem, match=rf"crossdock\.toml: .*{expected}"):
        load_settings()


def test_a_file_that_cannot_be_read_is_named_with_the_reason(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(empty_folder, "")

    def refuse(*_: object, **__: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(SettingsProblem, match="cannot be read: Permission denied"):
        load_settings()


def test_settings_cannot_be_changed_after_they_were_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().server.port = 1  # type: ignore[misc]  # the mistake under test


def test_every_setting_says_what_it_means_in_a_whole_sentence() -> None:
    for entry in list_settings():
        assert entry.meaning.endswith("."), entry.key
        assert len(entry.meaning.split()) >= 4, entry.key
