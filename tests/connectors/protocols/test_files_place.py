"""The place in a folder: what is settled stays settled, and a checkpoint stays small."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.protocols.files_place import MOST_KNOWN, FolderPlace, content_mark, in_order, mark_of
from apps.connectors.sftp_door import RemoteFile

FILES = st.builds(RemoteFile, st.text(min_size=1, max_size=8), st.integers(1, 99), st.integers(0, 50))


def file(number: int, changed_at: int | None = None) -> RemoteFile:
    return RemoteFile(f"f{number}.csv", 10, number if changed_at is None else changed_at)


@given(st.lists(FILES, unique=True, max_size=12), st.lists(FILES, unique=True, max_size=6))
def test_a_file_is_settled_exactly_when_it_was_read_to_its_end(
    read: list[RemoteFile], others: list[RemoteFile]
) -> None:
    place = FolderPlace()
    for one in read:
        place = place.within(one, 3).behind(one, content_mark(one.name.encode()))
    again = FolderPlace.of(orjson.loads(orjson.dumps(place.checkpoint())))
    assert again == place
    assert {one for one in [*read, *others] if again.is_settled(one)} == set(read)


def test_the_oldest_files_are_given_up_and_still_count_as_read() -> None:
    place = FolderPlace()
    for number in range(MOST_KNOWN + 20):
        place = place.behind(file(number), content_mark(b"%d" % number))
    assert len(place.settled) == MOST_KNOWN
    assert all(place.is_settled(file(number)) for number in range(19))
    assert not place.is_settled(file(9_999))
    assert not place.knows(file(3)), "nothing is moved by a guess"
    assert len(orjson.dumps(place.checkpoint())) < 50_000


def test_the_half_read_file_comes_first_and_goes_on_where_it_was() -> None:
    place = FolderPlace().within(file(5), 500)
    names = [one.name for one in in_order([file(1), file(5), file(3)], place, by_name=False)]
    assert names == ["f5.csv", "f1.csv", "f3.csv"]
    assert (place.rows_read(file(5)), place.rows_read(file(5, changed_at=6)), place.rows_read(file(1))) == (500, 0, 0)


def test_the_same_bytes_are_known_again_under_another_name() -> None:
    place = FolderPlace().behind(file(1), content_mark(b"rows"))
    assert place.has_content(content_mark(b"rows"))
    assert not place.has_content(content_mark(b"other rows"))
    assert mark_of(file(1)) != mark_of(file(2))
