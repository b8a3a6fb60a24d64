"""Job: work that goes on in the background and can be looked at, waited for and cancelled. Knows no Streamlit."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final, Generic, TypeVar

from geo.errors import AtlasError

T = TypeVar("T")

LOG: Final = logging.getLogger("linli")
FORGOTTEN_S: Final = 75.0
"""Nobody has looked for so long: the reader has left, and the work stops. A hidden tab still looks once a minute."""


class Job(Generic[T]):
    """What an iterable yields, gathered by a thread of its own.

    `cancel` sets an event that the work is given; it also stops when nobody looks at it any more.
    """

    def __init__(self, work: Callable[[threading.Event], Iterable[T]]) -> None:
        self._items: list[T] = []
        self._error: Exception | None = None
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._looked = time.monotonic()
        self._ended = self._forgotten = False
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    @property
    def items(self) -> list[T]:
        """What there is so far."""
        self._looked = time.monotonic()
        with self._lock:
            return list(self._items)

    @property
    def running(self) -> bool:
        """More may come."""
        return not self._ended

    @property
    def error(self) -> Exception | None:
        """What ended the work before its time."""
        return self._error

    @property
    def cancelled(self) -> bool:
        """It was told to stop."""
        return self._stop.is_set()

    @property
    def forgotten(self) -> bool:
        """It stopped because nobody looked: whoever looks again wants it begun anew."""
        return self._forgotten

    def cancel(self) -> None:
        """Tell it to stop; what there is stays."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Until the work ends, or the time is over."""
        self._thread.join(seconds)

    def _run(self, work: Callable[[threading.Event], Iterable[T]]) -> None:
        watch = threading.Thread(target=self._watch, daemon=True)
        watch.start()
        try:
            for item in work(self._stop):
                with self._lock:
                    self._items.append(item)
                if self._stop.is_set():
                    break
        except AtlasError as error:
            self._error = error
        except Exception as error:  # told to the reader by whoever looks; a thread has nobody to raise to
            LOG.exception("background work failed")
            self._error = error
        finally:
            self._ended = True

    def _watch(self) -> None:
        while not self._ended and not self._stop.wait(1.0):
            if time.monotonic() - self._looked > FORGOTTEN_S:
                self._forgotten = True
                self._stop.set()
