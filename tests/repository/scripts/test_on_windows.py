# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
"""How the suites start and interrupt programs on Windows, which no run here can show."""
import signal
import subprocess

from support import programs, simulated


class Recorder:
    def send_signal(self, number):
        self.number = number


def test_a_program_has_a_process_group_of_its_own():
    assert programs.options_of({}, True)["creationflags"] == 0x200  # CREATE_NEW_PROCESS_GROUP
    assert "creationflags" not in programs.options_of({}, False)
    assert programs.options_of({"stderr": subprocess.STDOUT}, True)["stderr"] == subprocess.STDOUT


def test_interrupt_is_ctrl_break_there():
    process = Recorder()
    programs.interrupt(process, on_windows=True)
    assert process.number == 1  # CTRL_BREAK_EVENT
    programs.interrupt(process, on_windows=False)
    assert process.number == signal.SIGINT


def test_wine_is_only_on_other_systems(monkeypatch):
    assert simulated.command("a.exe", 1) == ["wine", "a.exe", "1"]
    monkeypatch.setattr(simulated, "ON_WINDOWS", True)
    assert simulated.command("a.exe", 1) == ["a.exe", "1"]
