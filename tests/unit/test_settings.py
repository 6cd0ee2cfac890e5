"""Settings: read from the file and the environment, refused precisely, and silent about secrets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ringoff.kit.errors import InvalidInput
from ringoff.settings import MaintenanceWindow, Settings

FILE = """
data_dir = "data"
workers = 3
[database]
url = "postgresql://ringoff:from-the-file@db/ringoff"
[carrier]
name = "Lunaphone"
[mail]
url = "smtp://127.0.0.1:1025"
sender = "care@example.net"
[systems.hlr]
connector = "osmo_hlr"
wave = 1
effect = "pivot"
gates = true
ctrl = "127.0.0.1:4259"
maintenance = ["Sun 02:00-04:00 Europe/Berlin"]
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "ringoff.toml"
    written.write_text(FILE)
    return written


def load(file: Path | None, **environment: str) -> Settings:
    return Settings.load(file, environment=environment)


def refusal(file: Path | None, **environment: str) -> str:
    with pytest.raises(InvalidInput) as refused:
        load(file, **environment)
    return refused.value.message


def test_without_a_file_everything_has_a_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(None)
    assert (settings.host, settings.port, settings.database.url, settings.systems) == ("127.0.0.1", 8000, None, {})


def test_a_file_in_the_current_folder_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(file.parent)
    assert load(None).carrier.name == "Lunaphone"


def test_a_connector_gets_the_options_that_are_its_own(file: Path) -> None:
    hlr = load(file).systems["hlr"]
    assert (hlr.connector, hlr.wave, hlr.effect, hlr.gates) == ("osmo_hlr", 1, "pivot", True)
    assert (hlr.scope, hlr.ported) == (None, None)
    assert hlr.options == {"ctrl": "127.0.0.1:4259"}


def test_paths_in_the_file_are_relative_to_it(file: Path) -> None:
    assert load(file).data_dir == file.parent / "data"


def test_the_environment_goes_over_the_file_and_the_command_line_over_both(file: Path, tmp_path: Path) -> None:
    environment = {"RINGOFF_WORKERS": "5", "RINGOFF_SYSTEMS__HLR__CTRL": "hlr:1", "RINGOFF_DATA_DIR": "/elsewhere"}
    settings = Settings.load(file, tmp_path / "given", environment)
    assert (settings.workers, settings.systems["hlr"].options["ctrl"]) == (5, "hlr:1")
    assert settings.systems["hlr"].gates is True
    assert settings.data_dir == tmp_path / "given"


def test_a_system_can_be_made_of_environment_variables_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load(
        None,
        RINGOFF_SYSTEMS__BILLING__CONNECTOR="webhook",
        RINGOFF_SYSTEMS__BILLING__RATE_PER_SECOND="2.5",
        RINGOFF_SYSTEMS__BILLING__GATES="false",
        RINGOFF_SYSTEMS__BILLING__MAINTENANCE="Sun 02:00-04:00 Europe/Berlin; daily 12:00-12:05",
        RINGOFF_SYSTEMS__BILLING__HEADERS='{"x-tenant": "a"}',
    )
    billing = settings.systems["billing"]
    assert (billing.rate_per_second, billing.gates, len(billing.maintenance)) == (2.5, False, 2)
    assert billing.options == {"headers": {"x-tenant": "a"}}


def test_the_database_url_has_a_short_name(file: Path) -> None:
    url = load(file, RINGOFF_DATABASE_URL="postgresql://other/db").database.url
    assert url is not None
    assert url.get_secret_value() == "postgresql://other/db"


def test_a_secret_is_read_from_the_file_that_the_variable_names(file: Path, tmp_path: Path) -> None:
    secret = tmp_path / "url"
    secret.write_text("postgresql://ringoff:in-a-file@db/ringoff\n")
    settings = load(file, RINGOFF_DATABASE_URL_FILE=str(secret), RINGOFF_SYSTEMS__HLR__SECRET_FILE=str(secret))
    assert settings.database.url is not None
    assert settings.database.url.get_secret_value() == "postgresql://ringoff:in-a-file@db/ringoff"
    assert settings.systems["hlr"].options["secret"] == "postgresql://ringoff:in-a-file@db/ringoff"


def test_the_workers_pace_is_tuned_in_seconds(file: Path) -> None:
    file.write_text(FILE + "[pace]\nlease = 0.5\nbatch_most = 50\n")
    pace = load(file, RINGOFF_PACE__BACKOFF_MOST="20").pace
    assert pace == {"lease": timedelta(seconds=0.5), "batch_most": 50, "backoff_most": timedelta(seconds=20)}
    assert "RINGOFF_PACE__SPEED: pace.speed: unknown setting" in refusal(file, RINGOFF_PACE__SPEED="9")


def test_an_option_that_is_itself_a_file_stays_one(file: Path) -> None:
    assert load(file, RINGOFF_SYSTEMS__HLR__CA_FILE="/etc/ca.pem").systems["hlr"].options["ca_file"] == "/etc/ca.pem"


def test_variables_of_other_programs_are_left_alone(file: Path) -> None:
    assert load(file, RINGOFF_SERVICE_HOST="10.0.0.1", RINGOFF_TEST_DATABASE_URL="x", OTHER="y").workers == 3


def test_an_unknown_key_is_refused_with_its_name_and_its_file(file: Path) -> None:
    file.write_text(FILE + '[carrier.extra]\ncolour = "red"\n')
    assert refusal(file) == f"{file}: carrier.extra: unknown setting"


def test_an_unknown_key_at_the_top_is_refused(file: Path) -> None:
    file.write_text("wrokers = 3\n" + FILE)
    assert refusal(file) == f"{file}: wrokers: unknown setting"


def test_a_wrong_variable_is_named_itself(file: Path) -> None:
    message = refusal(file, RINGOFF_CARRIER__NAMES="x", RINGOFF_PORT="many")
    assert "RINGOFF_CARRIER__NAMES: carrier.names: unknown setting" in message
    assert "RINGOFF_PORT: port: input should be a valid integer" in message


def test_a_system_without_a_connector_is_refused(file: Path) -> None:
    assert refusal(file, RINGOFF_SYSTEMS__BILLING__URL="x") == f"{file}: systems.billing.connector: is missing"


@pytest.mark.parametrize("name", ["mail", "sms", "HLR", "h-l-r"])
def test_a_system_cannot_take_a_reserved_or_unwritable_name(file: Path, name: str) -> None:
    file.write_text(FILE + f'[systems.{name}]\nconnector = "twin"\n')
    assert "systems" in refusal(file)


def test_a_broken_file_is_refused_with_its_line(file: Path) -> None:
    file.write_text("workers = \n")
    assert "line 1" in refusal(file)
    assert str(file) in refusal(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "No such file" in refusal(tmp_path / "none.toml")
    assert "RINGOFF_SECRET_FILE" in refusal(None, RINGOFF_SECRET_FILE=str(tmp_path / "none"))


def test_a_secret_is_neither_printed_nor_told_in_an_error(file: Path) -> None:
    settings = load(
        file,
        RINGOFF_SECRET="s3cret-s3cret-s3cret",
        RINGOFF_SYSTEMS__HLR__PASSWORD="s3cret-s3cret",
        RINGOFF_MAIL__URL="smtp://me:s3cret@mail",
        RINGOFF_MAIL__PASSWORD="s3cret",
        RINGOFF_SMS__SECRET="whsec_s3cret",
    )
    assert "s3cret" not in repr(settings)
    assert "s3cret" not in str(settings)
    assert "from-the-file" not in repr(settings)
    assert "s3cret" not in refusal(file, RINGOFF_SECRET="s3cret")
    assert "s3cret" not in refusal(file, RINGOFF_DATABASE__URL='["s3cret"]')


def test_the_sealing_secret_of_the_data_folder_is_found(file: Path) -> None:
    file.parent.joinpath("data").mkdir()
    file.parent.joinpath("data", "secret.key").write_text("made-by-ringoff-up\n")
    secret = load(file).secret
    assert secret is not None
    assert secret.get_secret_value() == "made-by-ringoff-up"


def test_a_maintenance_window_that_nobody_can_read_is_refused(file: Path) -> None:
    message = refusal(file, RINGOFF_SYSTEMS__HLR__MAINTENANCE="Sunday at two")
    assert message.startswith("RINGOFF_SYSTEMS__HLR__MAINTENANCE: systems.hlr.maintenance: a maintenance window")


def berlin(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    zone = MaintenanceWindow.parse("daily 00:00-24:00 Europe/Berlin").zone
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def test_a_window_is_open_from_its_start_until_its_end() -> None:
    window = MaintenanceWindow.parse("Sun 02:00-04:00 Europe/Berlin")
    assert not window.is_open(berlin(2026, 11, 22, 1, 59, 59))
    assert window.is_open(berlin(2026, 11, 22, 2))
    assert window.is_open(berlin(2026, 11, 22, 3, 59, 59))
    assert not window.is_open(berlin(2026, 11, 22, 4))
    assert not window.is_open(berlin(2026, 11, 23, 3))
    assert window.next_end(berlin(2026, 11, 22, 3)) == berlin(2026, 11, 22, 4)
    assert window.next_end(berlin(2026, 11, 22, 4)) == berlin(2026, 11, 29, 4)


def test_a_window_may_cross_midnight_and_the_week() -> None:
    window = MaintenanceWindow.parse("Sun 23:30-01:00 Asia/Shanghai")
    sunday_night = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)  # half past midnight on Monday in Shanghai
    assert window.is_open(sunday_night)
    assert not window.is_open(sunday_night - timedelta(days=1))
    assert window.next_end(sunday_night) == datetime(2026, 11, 22, 17, tzinfo=UTC)


def test_days_may_be_a_range_a_list_or_all() -> None:
    assert MaintenanceWindow.parse("Fri-Mon 01:00-02:00").days == {4, 5, 6, 0}
    assert MaintenanceWindow.parse("mon,Wed 01:00-02:00").days == {0, 2}
    assert MaintenanceWindow.parse("daily 00:00-24:00").days == set(range(7))
    assert all(MaintenanceWindow.parse("daily 00:00-24:00").is_open(berlin(2026, 1, 1, hour)) for hour in range(24))


def test_a_window_covers_the_hour_that_happens_twice() -> None:
    window = MaintenanceWindow.parse("Sun 02:30-02:45 Europe/Berlin")
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert all(window.is_open(first + timedelta(minutes=minutes)) for minutes in (0, 60, 74))
    assert not window.is_open(first + timedelta(minutes=75))


def test_a_window_in_the_hour_that_never_happens_has_an_end() -> None:
    window = MaintenanceWindow.parse("Sun 02:30-02:45 Europe/Berlin")
    assert window.next_end(datetime(2026, 3, 29, 0, 29, tzinfo=UTC)) == datetime(2026, 3, 29, 1, 45, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["Sun 2-4", "Xyz 02:00-04:00", "Sun 25:00-26:00", "Sun 02:00-02:00", "Sun 02:00-04:00 Mars/Base", ""]
)
def test_nonsense_is_no_window(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        MaintenanceWindow.parse(text)
