"""The tables and objects that both drivers are tried with."""

import datetime
import decimal
import os
import ssl
import uuid

from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import sqlalchemy as sa
from checks import equal


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    title: Mapped[str]
    price: Mapped[decimal.Decimal] = mapped_column(sa.Numeric(30, 9))
    printed: Mapped[datetime.datetime] = mapped_column(sa.DateTime(timezone=True))
    tags: Mapped[list[str]] = mapped_column(postgresql.ARRAY(sa.Text))
    extra: Mapped[dict] = mapped_column(postgresql.JSONB)
    cover: Mapped[bytes | None]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


counters = sa.Table(
    "counters", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)
)
moment = datetime.datetime(2026, 2, 3, 4, 5, 6, 789012, datetime.timezone.utc)


def url(driver):
    return sa.URL.create(
        f"postgresql+{driver}",
        os.environ["PGUSER"],
        os.environ["PGPASSWORD"],
        os.environ["PGHOST"],
        int(os.environ["PGPORT"]),
        os.environ["PGDATABASE"],
    )


def engine(**options):
    return sa.create_engine(url("psycopg"), connect_args={"prepare_threshold": 0}, **options)


def async_engine(**options):
    tls = ssl.create_default_context(cafile=os.environ["PGSSLROOTCERT"])
    return create_async_engine(url("asyncpg"), connect_args={"ssl": tls}, **options)


def library():
    """An author with many books: more than one batch of inserts."""
    books = [
        Book(
            title=f"Book {n} ☃",
            price=decimal.Decimal(f"{n}.000000001"),
            printed=moment,
            tags=["a", 'b"c', "NULL"],
            extra={"n": n, "list": [1, None, {"ü": "\n"}]},
            cover=b"\x00\xff" if n % 2 else None,
        )
        for n in range(2500)
    ]
    return Author(name="Ada", books=books)


def verify(author):
    equal(len(author.books), 2500, "books")
    for book in author.books:
        n = book.extra["n"]
        equal((book.title, book.price), (f"Book {n} ☃", decimal.Decimal(f"{n}.000000001")))
        equal((book.printed, book.tags), (moment, ["a", 'b"c', "NULL"]))
        equal(book.cover, b"\x00\xff" if n % 2 else None)


def recreate(connection):
    Base.metadata.drop_all(connection)
    Base.metadata.create_all(connection)
    counters.drop(connection, checkfirst=True)
    counters.create(connection)
    connection.execute(counters.insert(), [{"id": n, "n": 0} for n in range(100)])


def reflect(connection):
    found = sa.inspect(connection)
    assert {"author", "book", "counters"} <= set(found.get_table_names()), "tables"
    equal([key["referred_table"] for key in found.get_foreign_keys("book")], ["author"], "foreign keys")
