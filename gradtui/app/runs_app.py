"""The list of runs as an app: a timer asks for what is to be read next, and shows what has come.

It reads nothing of a run itself: an `Examiner` does, in a process of its own, so that no verdict holds
up a key. What a key asks of that comes before what is read anyway.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from rich.text import Text
from textual import on
from textual.app import SystemCommand
from textual.content import Content
from textual.screen import Screen

from gradtui.app.filter_bar import FilterBar
from gradtui.app.note_bar import NoteBar
from gradtui.app.remembered import Preferences, save_preferences
from gradtui.app.render.glyph import MOST_RUNS
from gradtui.app.render.run_cells import file_size, short_name
from gradtui.app.render.run_columns import Natural, NaturalWidths
from gradtui.app.render.run_table import Totals, totals
from gradtui.app.render.text import to_ascii
from gradtui.app.run_deletion import Deletion, planned
from gradtui.app.run_list_keys import KEYS, LEGEND
from gradtui.app.run_order import RunOrder
from gradtui.app.run_reading import ByKey, RunReading
from gradtui.app.run_requests import (
    Compare,
    Examiner,
    Unanswered,
    WritePage,
)
from gradtui.app.run_row import RunRow
from gradtui.app.run_survey import RunSurvey
from gradtui.app.screens.help import keys_screen
from gradtui.app.screens.removal import RemovalScreen
from gradtui.app.screens.runs import RunsScreen
from gradtui.app.screens.text import TextScreen
from gradtui.app.terminal import Output
from gradtui.app.terminal_app import TerminalApp
from gradtui.app.widgets.run_table import RunList, RunTable
from gradtui.runstore.format.note_file import write_note

TICK = 0.1
"""Seconds between two looks at what has come, and at what is to be read next."""
TIMES = 1.0
"""Seconds after which times and durations are drawn anew, where nothing else has changed."""


class RunsApp(TerminalApp):
    """`survey` and `order` outlive it: coming back from a run, the list is as it was left. `opened` are
    the runs to be opened once it has ended, several over one another; none where it was left for good."""

    clock: Callable[[], float] = staticmethod(time.monotonic)
    wall_clock: Callable[[], float] = staticmethod(time.time)

    def __init__(
        self,
        survey: RunSurvey,
        order: RunOrder,
        examiner: Examiner,
        *,
        theme: str | None = None,
        ascii_only: bool = False,
        folder: Path | None = None,
        notice: str = "",
        output: Output | None = None,
        keep_theme: Callable[[str], None] = lambda name: None,
    ) -> None:
        """`folder`: where pages are written; `notice`: what to tell at the start."""
        super().__init__(theme=theme, ascii_only=ascii_only, output=output, keep_theme=keep_theme)
        self.survey, self.order, self.examiner = survey, order, examiner
        self._reading = RunReading(survey, examiner, lambda: self.clock(), self._told)
        self.opened: tuple[RunRow, ...] = ()
        self._folder = folder or Path.cwd()
        self._notice = notice
        self._widths = NaturalWidths()
        self._drawn_at = 0.0
        self._now = 0.0
        """The time that is shown: of the last second, or the last news."""
        self._shown: tuple[RunRow, ...] = ()
        self._natural: Natural = {}
        self._totals = Totals()
        self._deleting = False

    # Start and end

    def get_default_screen(self) -> Screen[None]:
        return RunsScreen()

    def on_mount(self) -> None:
        self.call_after_refresh(self._launch)

    def _launch(self) -> None:
        self.containing = True
        self.set_interval(TICK, self.tick)
        self._read_anew()
        self._reading.start()
        if self._notice:
            self.tell(self._notice, "warning")

    def on_unmount(self) -> None:
        self._reading.end()

    def remember(self) -> None:
        """How it is sorted, for the next time."""
        save_preferences(Preferences(self.order.sort, self.order.reverse))

    async def action_quit(self) -> None:
        self.exit()

    # Reading

    def tick(self) -> None:
        if self.leaving or not self.is_running:
            return
        self._reading.ask_next()
        if self.survey.seen():
            self._read_anew()
        elif self.clock() - self._drawn_at >= TIMES:
            self._take_time()
            self._draw()
        if self.output is not None:
            self.output.trim()

    def _told(self, request: ByKey, answer: object) -> None:
        """The answer to what a key has asked for."""
        if isinstance(answer, Unanswered):
            self.tell(answer.why, "error")
        elif isinstance(request, Compare):
            self._show_comparison(request, str(answer))
        else:
            self.tell(f"page: {answer}")

    # Showing

    def _read_anew(self) -> None:
        """Take in what the survey knows: what hangs on every row is worked out once for it."""
        self._take_time()
        rows = tuple(self.survey.rows.values())
        self._natural = self._widths.of(rows, self._now)
        self._totals = totals(rows)
        self._arrange()

    def _take_time(self) -> None:
        self._drawn_at, self._now = self.clock(), self.wall_clock()

    def _arrange(self) -> None:
        """Work out anew which runs are shown, and in which order."""
        rows = tuple(self.survey.rows.values())
        self._shown = tuple(self.order.arrange(rows, self._now))
        self._draw()

    def _draw(self) -> None:
        screen = next((s for s in self.screen_stack if isinstance(s, RunsScreen)), None)
        if screen is None or not screen.is_mounted:
            return
        order = self.order
        screen.show(
            RunList(
                home=home_words(self.survey.home),
                totals=self._totals,
                shown=self._shown,
                place=order.place,
                marks=frozenset(order.marks),
                text=order.text,
                sort=order.sort,
                reverse=order.reverse,
                natural=self._natural,
                now=self._now,
                ascii_only=self.ascii_only,
                listed=self.survey.listed,
            )
        )

    @property
    def current(self) -> RunRow | None:
        return self.survey.rows.get(self.order.current)

    def chosen(self) -> list[RunRow]:
        """The marked runs in the order of the list, those that are filtered out last; the current one
        where none is marked."""
        marked = [row for row in self._shown if row.name in self.order.marks]
        names = {row.name for row in marked}
        marked += [r for n, r in self.survey.rows.items() if n in self.order.marks - names]
        return marked or [row for row in [self.current] if row is not None]

    # Moving in the list

    def _select(self, place: int) -> None:
        self.order.select(place)
        self._draw()

    def action_move(self, by: int) -> None:
        self._select(self.order.place + by)

    def action_page(self, by: int) -> None:
        screen = self.screen
        self.action_move(by * (screen.table.page if isinstance(screen, RunsScreen) else 10))

    def action_first_row(self) -> None:
        self._select(0)

    def action_last_row(self) -> None:
        self._select(len(self._shown) - 1)

    def action_filter(self) -> None:
        if isinstance(self.screen, RunsScreen):
            self.screen.note.action_leave()
            self.screen.filter.open(self.order.text)

    @on(FilterBar.Changed)
    def _filter_changed(self, event: FilterBar.Changed) -> None:
        self.order.text = event.text
        self._arrange()

    def action_sort(self) -> None:
        self.order.cycle_sort()
        self._sorted()

    def action_reverse(self) -> None:
        self.order.reverse = not self.order.reverse
        self._sorted()

    def action_sort_by(self, name: str) -> None:
        self.order.sort_by(name)
        self._sorted()

    def _sorted(self) -> None:
        self._arrange()
        self.remember()
        other = ", the other way round" if self.order.reverse else ""
        self.tell(f"sorted by {self.order.sort}{other}")

    def action_mark(self) -> None:
        """Mark it and go on to the next, so that several are marked by one key."""
        if self.order.current:
            self.order.toggle(self.order.current)
            self.action_move(1)

    def action_mark_all(self) -> None:
        self.order.toggle_all()
        self._draw()

    def action_escape(self) -> None:
        if not isinstance(self.screen, RunsScreen):
            self.pop_screen()
        elif self.order.text:
            self.screen.filter.action_clear()
        else:
            self.order.marks.clear()
            self._draw()

    @on(RunTable.Clicked)
    def _clicked(self, event: RunTable.Clicked) -> None:
        self._select(event.place)
        if event.mark:
            self.order.toggle(self.order.current)
            self._draw()
        elif event.again:
            self.action_open()

    @on(RunTable.TitleClicked)
    def _title_clicked(self, event: RunTable.TitleClicked) -> None:
        self.action_sort_by(event.sort)

    # What is done to runs

    def action_open(self) -> None:
        """Leave the list for a run; who started it comes back to it."""
        row = self.current
        if row is None:
            return
        if row.unreadable:
            self.tell(f"{short_name(row.name)} cannot be opened: see below the list.", "warning")
        else:
            self.opened = (row,)
            self.exit()

    def action_overlay(self) -> None:
        """Leave the list for the charts of several runs."""
        rows = self.chosen()
        if len(rows) < 2:
            marked = len(self.order.marks)
            words = f"Two runs or more are overlaid, and {marked} are marked: space marks."
            self.tell(words, "warning")
        elif len(rows) > MOST_RUNS:
            self.tell(
                f"{MOST_RUNS} runs at most are overlaid, and {len(rows)} are marked.", "warning"
            )
        else:
            self.opened = tuple(rows)
            self.exit()

    def action_compare(self) -> None:
        rows = self.chosen()
        marked = len(self.order.marks)
        if marked == 1 and self.current is not None and self.current not in rows:
            rows = [*rows, self.current]
        if len(rows) != 2:
            self.tell(f"Two runs are compared, and {marked} are marked: space marks.", "warning")
            return
        older, newer = sorted(rows, key=lambda row: row.name)
        self.tell("comparing...")
        self._reading.want(Compare(older.path, newer.path, color=not self.no_color))

    def _show_comparison(self, request: Compare, said: str) -> None:
        self.clear_notifications()
        text = Text.from_ansi(to_ascii(said) if self.ascii_only else said)
        title = f"{short_name(request.one.name)} (one) and {short_name(request.other.name)} (other)"
        self.show_text(TextScreen(title, Content.from_rich_text(text), "comparison"))

    def action_note(self) -> None:
        row = self.current
        if row is not None and isinstance(self.screen, RunsScreen):
            self.screen.filter.close()
            self.screen.note.open(row.name, row.summary.note if row.summary is not None else "")

    @on(NoteBar.Written)
    def _note_written(self, event: NoteBar.Written) -> None:
        row = self.survey.rows.get(event.run)
        if row is None:
            self.tell("That run is gone, and the note with it.", "warning")
            return
        try:
            note = write_note(row.path, event.text)
        except OSError as error:
            self.tell(f"No note: {error.strerror or error}.", "error")
            return
        self.survey.renote(row.name, note)
        self._read_anew()

    def action_export(self) -> None:
        row = self.current
        if row is None:
            return
        self.tell("writing its page...")
        self._reading.want(WritePage(row.path, self._folder))

    def action_copy_path(self) -> None:
        """Nobody can know whether the terminal allows that."""
        if self.current is not None:
            path = str(self.current.path)
            self.copy_to_clipboard(path.encode("utf-8", "replace").decode())
            self.tell("Copied its path. If it is not there, the terminal does not allow it.")

    # Deleting

    def action_delete(self) -> None:
        if self._deleting or not isinstance(self.screen, RunsScreen):
            return
        deletion = planned(self.survey.home, self.chosen())
        if deletion.meant:
            words = deletion.question
            asking = RemovalScreen(to_ascii(words) if self.ascii_only else words)
            self.push_screen(asking, partial(self._delete_answered, deletion))
        elif deletion.staying:
            self.tell(f"Nothing to delete: {deletion.staying[0]}.", "warning")

    def _delete_answered(self, deletion: Deletion, yes: bool | None) -> None:
        if yes:
            self._deleting = True
            self.run_worker(self._delete(deletion))

    async def _delete(self, deletion: Deletion) -> None:
        """Out of the screen's way; rows go as their runs do."""
        size, count, kept = 0, 0, []
        going = deletion.carried_out()
        while (done := await asyncio.to_thread(next, going, None)) is not None:
            row, why = done
            if why:
                kept.append(why)
                self.survey.look_again(row.name)
            else:
                size, count = size + max(row.size, 0), count + 1
                self.survey.forget(row.name)
        self._deleting = False
        self._read_anew()
        if count:
            self.tell(f"Deleted {count:,} run{'s' * (count != 1)}, {file_size(size)}.")
        for words in kept[:2]:
            self.tell(words, "error")

    # Help, the palette

    def action_help(self) -> None:
        self.show_text(keys_screen(LEGEND, KEYS))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        from gradtui.app.palette import key_commands

        return key_commands(KEYS, self.run_action)


def home_words(home: Path) -> str:
    """The folder of runs as people write it."""
    try:
        return f"~/{home.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(home)
