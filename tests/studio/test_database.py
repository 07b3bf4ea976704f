"""The database's address, and what commits report."""

from __future__ import annotations

import time

import pytest

from brushwork.errors import InputError
from brushwork.studio import change_watch, shared_folder
from brushwork.studio.database import Database, check_address
from brushwork.studio.folder import StudioFolder, find_studio
from brushwork.studio.shared_folder import open_database

TIMEOUT = 60


@pytest.fixture(params=["sqlite", "postgres"])
def database_kind(request):
    return request.param


def test_a_commit_of_another_connection_is_seen_once(folder, database, store, monkeypatch):
    monkeypatch.setattr(change_watch, "_ANYWAY", 10_000.0)
    watch = database.watch()
    assert watch.has_changed()  # the first time
    assert not watch.has_changed()
    store.set_setting("name", 1)
    end = time.monotonic() + TIMEOUT
    while not watch.has_changed():
        assert time.monotonic() < end
        time.sleep(0.001)
    assert not watch.has_changed()
    watch.close()


@pytest.mark.parametrize("database_kind", ["sqlite"])
def test_commits_wait_for_the_disk_unless_they_need_not(database, database_kind):
    """SQLite's numbers: 1 is NORMAL, 2 is FULL."""
    found = []
    for is_synced in (True, False):
        with database.write(is_synced=is_synced) as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())
    assert found == [2, 1]


def test_a_newer_version_of_the_tables_is_refused(folder, store, database):
    store.set_setting("schema", 99)
    with pytest.raises(InputError, match="newer version of brushwork"):
        Database(folder.database)


def test_the_clock_is_the_time(database):
    import sqlalchemy as sa

    from brushwork.studio.tables import now

    with database.read() as connection:
        assert abs(connection.execute(sa.select(database.clock)).scalar_one() - now()) < 60_000


@pytest.mark.parametrize("database_kind", ["postgres"])
def test_machines_that_use_one_database_share_one_folder(folder, tmp_path, database_kind):
    open_database(folder).close()
    open_database(folder).close()
    other = StudioFolder(tmp_path / "other", folder.address)
    other.make()
    with pytest.raises(InputError, match=r"other is not the folder of postgresql.*share one folder"):
        open_database(other)


def test_sqlite_on_a_network_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {tmp_path}/over\\040there nfs4 rw 0 0\n")
    assert shared_folder.file_system(tmp_path, mounts) == "ext4"
    there = StudioFolder(tmp_path / "over there" / "studio")
    there.make()
    assert shared_folder.file_system(there.path, mounts) == "nfs4"
    monkeypatch.setattr(shared_folder, "file_system", lambda _: "nfs4")
    with pytest.raises(InputError, match=r"on a network \(nfs4\).*--database"):
        open_database(there)


@pytest.mark.parametrize("address", ["mysql://user:secret@host/name", "postgresql://user:secret@host", "a b", ":"])
def test_what_is_no_address_of_postgresql_is_refused_and_no_password_is_shown(address):
    with pytest.raises(InputError, match="postgresql://user@host/brushwork") as error:
        find_studio(None, address)
    assert "secret" not in str(error.value)


def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path):
    address = check_address(f"postgres://user:secret@/none?host={tmp_path}")
    with pytest.raises(InputError, match=r"user:\*\*\*@.*cannot be used as the studio's database") as error:
        Database(address)
    assert "secret" not in str(error.value)


def test_the_environment_names_the_studio(monkeypatch, tmp_path):
    monkeypatch.setenv("BRUSHWORK_STUDIO", str(tmp_path))
    monkeypatch.setenv("BRUSHWORK_STUDIO_DATABASE", "postgresql://host/name")
    found = find_studio(None, None)
    assert (found.path, found.address) == (tmp_path, "postgresql+psycopg://host/name")
    monkeypatch.setenv("BRUSHWORK_STUDIO_DATABASE", "")
    assert find_studio(None, None).address is None
