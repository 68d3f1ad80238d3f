#!/usr/bin/python3 -B
"""The console of a running program, and `tutti top` on a terminal.

usage: top_test.py TUTTI ECHO_SERVER

In real time, as sockets of other processes and a terminal are: nothing is waited for but what has
to come, and each wait has an end.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest

TUTTI, SERVER = (os.path.abspath(path) for path in sys.argv[1:3])
PATIENCE_S = 20
CLIENTS = 5


class Server:
    """An echo server with a console, and some clients."""

    def __init__(self, folder, clients=CLIENTS):
        self.console = os.path.join(folder, "console")
        self.path = os.path.join(folder, "echo")
        self.errors = open(os.path.join(folder, "errors"), "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [SERVER, self.path],
            env=dict(os.environ, TUTTI_CONSOLE=self.console),
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        assert "listening" in self.process.stdout.readline()
        self.clients = [connect(self.path) for _ in range(clients)]
        self.echo()

    def echo(self):
        """Each client is served once."""
        for client in self.clients:
            client.sendall(b"hello")
            assert client.recv(5) == b"hello"

    def said(self):
        """What it wrote to standard error so far."""
        self.errors.seek(0)
        return self.errors.read()

    def end(self):
        """Ends it, in order; its exit code."""
        for client in self.clients:
            client.close()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        self.errors.close()
        return code


def connect(path):
    """A connection to a Unix socket."""
    sock = socket.socket(socket.AF_UNIX)
    sock.settimeout(PATIENCE_S)
    sock.connect(path)
    return sock


class Terminal:
    """`tutti top` on a terminal of 24 lines of 80 columns; its screen as text."""

    def __init__(self, path, shell=(), pass_fds=(), **environment):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.before = termios.tcgetattr(slave)
        self.slave = slave
        self.output = b""
        self.process = subprocess.Popen(
            [*shell, TUTTI, "top", path],
            pass_fds=pass_fds,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(os.environ, TERM="xterm", **environment),
            preexec_fn=lambda: (os.setsid(), fcntl.ioctl(0, termios.TIOCSCTTY, 0)),
        )

    def read(self, wait_s):
        """Takes in what is drawn; False: nothing came."""
        if not select.select([self.master], [], [], wait_s)[0]:
            return False
        self.output += os.read(self.master, 65536)
        return True

    def screen(self):
        """The last whole screen, in lines."""
        parts = self.output.split(b"\x1b[H")
        last = parts[-1] if parts[-1].endswith(b"\x1b[J") else parts[-2] if len(parts) > 2 else b""
        plain = re.sub(rb"\x1b\[[0-9;?]*[A-Za-z]", b"", last).decode()
        return [line.rstrip() for line in plain.split("\r\n")]

    def expect(self, *patterns, absent=()):
        """Waits until the screen has all of these and none of those."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            text = "\n".join(self.screen())
            if all(re.search(p, text) for p in patterns) and not any(p in text for p in absent):
                return text
            self.read(0.2)
        raise AssertionError("not seen: %s without %s in\n%s" % (patterns, absent, text))

    def press(self, keys):
        """Presses keys."""
        os.write(self.master, keys)

    def end(self):
        """Waits for the end; the exit code."""
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None and time.monotonic() < end:
            self.read(0.1)
        while self.read(0):
            pass
        return self.process.wait(1)

    def close(self):
        """Ends it in any case."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.slave)
        os.close(self.master)


# What a shell does with a job: it has the terminal while it runs, the shell has it while it is
# stopped, and a line tells each change.
SHELL = """
import os, signal, sys
signal.signal(signal.SIGTTOU, signal.SIG_IGN)
job = os.fork()
if job == 0:
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    os.execv(sys.argv[1], sys.argv[1:])
while True:
    _, status = os.waitpid(job, os.WUNTRACED)
    os.tcsetpgrp(0, os.getpgrp())
    if not os.WIFSTOPPED(status):
        break
    os.write(int(os.environ["TOLD"]), b"stopped\\n")
    os.read(int(os.environ["GO"]), 1)
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
sys.exit(os.waitstatus_to_exitcode(status))
"""


class TopTest(unittest.TestCase):
    """One server a test."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(dir="/tmp")  # a socket's path is short
        self.server = Server(self.folder)

    def tearDown(self):
        if self.server.process.poll() is None:
            self.server.end()
        shutil.rmtree(self.folder)

    def top(self, *arguments):
        """A run of tutti top without a terminal."""
        return subprocess.run(
            [TUTTI, "top", *arguments], capture_output=True, text=True, timeout=PATIENCE_S,
            stdin=subprocess.DEVNULL, check=False,
        )

    def terminal(self, **options):
        """tutti top on a terminal."""
        try:
            terminal = Terminal(self.server.console, **options)
        except OSError as error:
            self.skipTest("there is no terminal here: %s (mount /dev/pts)" % error)
        self.addCleanup(terminal.close)
        return terminal

    def talk(self):
        """A connection of our own: (socket, file, greeting)."""
        sock = connect(self.server.console)
        self.addCleanup(sock.close)
        lines = sock.makefile("rw", encoding="utf-8")
        self.addCleanup(lines.close)
        return sock, lines, json.loads(lines.readline())

    def test_once(self):
        """One table: the tree, equal tasks as one, what they wait in."""
        shown = self.top("--once", self.server.console)
        self.assertEqual((shown.returncode, shown.stderr), (0, ""))
        self.assertRegex(shown.stdout, r"^ +ID STATE +AGE +BUSY WAKES/s TASK +WHY\n")
        self.assertRegex(shown.stdout, r"\n +1 waiting .* - main +nursery\.join nursery ")
        self.assertRegex(shown.stdout, r"waiting .*   5 x serve_one +recv at echo_server\.c:\d+")
        self.assertNotIn("\x1b", shown.stdout)

    def test_mode_and_descriptors(self):
        """Only the owner may; the console is one descriptor, and none stays behind."""
        self.assertEqual(os.stat(self.server.console).st_mode & 0o777, 0o600)
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            plain = Server.__new__(Server)
            plain.process = subprocess.Popen(
                [SERVER, os.path.join(folder, "echo")], stdout=subprocess.PIPE, text=True,
                stderr=self.server.errors,
            )
            self.assertIn("listening", plain.process.stdout.readline())
            count = lambda process: len(os.listdir("/proc/%d/fd" % process.pid))
            self.assertEqual(count(self.server.process) - CLIENTS, count(plain.process) + 1)
            plain.process.terminate()
            plain.process.wait(PATIENCE_S)
            plain.process.stdout.close()
        self.assertEqual(self.server.end(), 0)
        self.assertFalse(os.path.exists(self.server.console))

    def test_busy_and_wakes(self):
        """What is counted is counted from the first request on."""
        _, lines, greeting = self.talk()
        self.assertEqual((greeting["tutti"], greeting["v"]), ("console", 1))
        self.assertEqual(greeting["pid"], self.server.process.pid)
        tables = []
        for _ in range(2):
            lines.write('{"get":"tasks"}\n')
            lines.flush()
            tables.append(json.loads(lines.readline()))
            self.server.echo()
        lines.write('{"get":"tasks"}\n')
        lines.flush()
        tables.append(json.loads(lines.readline()))
        # One that has just answered may not wait yet, and is a row of its own then.
        sums = [
            {key: sum(r[key] for r in t["rows"] if r["name"] == "serve_one")
             for key in ("n", "wakes", "busy")}
            for t in tables
        ]
        self.assertEqual([s["n"] for s in sums], [CLIENTS] * 3)
        self.assertEqual([s["wakes"] for s in sums], [0, CLIENTS, 2 * CLIENTS])
        self.assertGreater(sums[2]["busy"], sums[1]["busy"])
        self.assertEqual(tables[0]["tasks"], sum(r["n"] for r in tables[0]["rows"]))

    def test_each_and_stack(self):
        """Equal tasks one by one; the functions of one."""
        _, lines, _ = self.talk()
        lines.write('{"get":"tasks","each":true}\n')
        lines.flush()
        rows = json.loads(lines.readline())["rows"]
        self.assertEqual(sum(r["name"] == "serve_one" for r in rows), CLIENTS)
        task = next(r["id"] for r in rows if r["name"] == "serve_one")
        lines.write('{"get":"stack","task":%d}\n{"get":"stack","task":999999}\n' % task)
        lines.flush()
        answer = json.loads(lines.readline())
        self.assertTrue(answer["found"])
        if os.uname().machine == "x86_64":
            self.assertRegex(answer["stack"], r"^stack: .*< echo echo_server\.c:\d+ < ")
        self.assertFalse(json.loads(lines.readline())["found"])

    def test_rude_peers(self):
        """Nonsense, no end of a line, nobody who reads, too many: only the peer has the harm."""
        for nonsense in (b"rubbish\n", b"\0\xff\n", b"[]\n", b"{}\n", b"x" * 5000, b'{"get":7}\n',
                         b'{"get":"stack","task":"1"}\n', b"[" * 1000 + b"\n"):
            sock, lines, _ = self.talk()
            sock.sendall(nonsense)
            self.assertIn("error", json.loads(lines.readline()))
            try:
                self.assertEqual(lines.readline(), "")
            except ConnectionResetError:
                pass  # it was told, and what it sent beyond that was not taken
            lines.close()
            sock.close()
        deaf, _, _ = self.talk()
        deaf.settimeout(0.2)
        try:
            for _ in range(1 << 20):
                deaf.sendall(b'{"get":"tasks","each":true}\n' * 100)
        except socket.timeout:
            pass
        self.server.echo()
        self.assertEqual(self.top("--once", self.server.console).returncode, 0)
        others = [self.talk() for _ in range(3)]
        self.assertIn("tutti", others[-1][2])
        self.assertIn("error", self.talk()[2])
        shown = self.top("--once", self.server.console)
        self.assertEqual(shown.returncode, 2)
        self.assertIn("4 others are looking", shown.stderr)
        self.server.echo()
        self.assertEqual(self.server.said(), "")
        self.assertEqual(self.server.end(), 0)

    def test_paths(self):
        """A stale socket is taken over; a live one, a file and a long path are told of."""
        live = subprocess.run(
            [SERVER, "/nonexistent/echo"], env=dict(os.environ, TUTTI_CONSOLE=self.server.console),
            capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )
        self.assertIn("a running program serves it", live.stderr)
        self.assertEqual(self.top("--once", self.server.console).returncode, 0)
        self.server.process.kill()
        self.server.end()
        self.assertTrue(os.path.exists(self.server.console))
        refused = self.top("--once", self.server.console)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("nobody serves this socket any more", refused.stderr)
        self.server = Server(self.folder)
        self.assertEqual(self.top("--once", self.server.console).returncode, 0)
        for path, why in ((self.server.errors.name, "no socket"), ("/tmp/" + "x" * 200, "107")):
            said = subprocess.run(
                [SERVER, "/nonexistent/echo"], env=dict(os.environ, TUTTI_CONSOLE=path),
                capture_output=True, text=True, timeout=PATIENCE_S, check=False,
            )
            self.assertIn("TUTTI_CONSOLE", said.stderr)
            self.assertIn(why, said.stderr)

    def test_bad_input(self):
        """Each is a sentence, and exit code 2."""
        other = os.path.join(self.folder, "other")
        with socket.socket(socket.AF_UNIX) as stranger, socket.socket(
            socket.AF_UNIX, socket.SOCK_DGRAM
        ) as datagrams:
            stranger.bind(other)
            stranger.listen()
            datagrams.bind(other + "d")
            for arguments, why in (
                ((), "which program"),
                (("--once", "a", "b"), "not two"),
                (("--twice", "a"), "no option"),
                (("--once", "/nonexistent"), "no such socket"),
                (("--once", self.folder), "a directory, no socket"),
                (("--once", self.server.errors.name), "a file, no socket"),
                (("--once", other), "no console of a tutti program answers"),
                (("--once", other + "d"), "another sort"),
                (("--once", "x" * 300), "107"),
                ((self.server.console,), "--once"),
            ):
                shown = self.top(*arguments)
                self.assertEqual((shown.returncode, shown.stdout), (2, ""), arguments)
                self.assertIn(why, shown.stderr)
                self.assertEqual(shown.stderr.count("\n"), 1)

    def test_another_user(self):
        """Only the owner may look: another user is told so. Without root's rights nobody else can
        be played, so the owner locks himself out."""
        if os.getuid() != 0:
            os.chmod(self.server.console, 0)
            shown = self.top("--once", self.server.console)
        else:
            os.chmod(self.folder, 0o755)
            copy = shutil.copy(TUTTI, os.path.join(self.folder, "tutti"))
            os.chmod(copy, 0o755)
            shown = subprocess.run(
                [copy, "top", "--once", self.server.console], capture_output=True, text=True,
                user=65534, group=65534, extra_groups=[], timeout=PATIENCE_S, check=False,
                stdin=subprocess.DEVNULL, cwd="/",
            )
        self.assertEqual((shown.returncode, shown.stdout), (2, ""))
        self.assertRegex(
            shown.stderr,
            r"%s: this socket may not be opened: Permission denied \(only the program's owner may\)"
            % re.escape(self.server.console),
        )
        self.server.echo()

    def test_screen(self):
        """Tasks, folding, a stack, sorting, help, the end: the terminal is as it was."""
        terminal = self.terminal()
        text = terminal.expect(r"echo_server \(pid \d+\): 8 tasks", r"- main", r"  5 x serve_one")
        self.assertLessEqual(max(map(len, text.split("\n"))), 80)
        self.assertEqual(len(terminal.screen()), 24)
        terminal.press(b" ")
        terminal.expect(r"\+ main", absent=("serve_one",))
        terminal.press(b" ")
        terminal.expect(r"- main", r"5 x serve_one")
        terminal.press(b"=")
        terminal.expect(r"(?s)(  serve_one .*){5}")
        terminal.press(b"=jj\x1b[Bkb")
        terminal.expect(r"-- stack of #\d+",
                        r"\n +echo echo_server\.c:\d+\n +serve_one server\.c:\d+")
        terminal.press(b"\x1b")
        terminal.expect(r"q quit", absent=("-- stack",))
        terminal.press(b"s")
        terminal.expect(r"sorted: busy", r"\n +\d+ .* 5 x serve_one")
        terminal.press(b"?")
        terminal.expect(r"Esc closes it")
        terminal.press(b"?q")
        self.assertEqual(terminal.end(), 0)
        self.restored(terminal)

    def restored(self, terminal):
        """The modes are those of before, the screen and the cursor are back."""
        self.assertEqual(termios.tcgetattr(terminal.slave), terminal.before)
        self.assertGreater(terminal.output.rfind(b"\x1b[?1049l"), terminal.output.rfind(b"[?1049h"))
        self.assertGreater(terminal.output.rfind(b"\x1b[?25h"), terminal.output.rfind(b"\x1b[?25l"))

    def test_signals(self):
        """Ctrl-C and SIGTERM put the terminal back; so does the program's end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            terminal = self.terminal()
            terminal.expect("serve_one")
            self.assertNotEqual(termios.tcgetattr(terminal.slave), terminal.before)
            if number == signal.SIGINT:
                terminal.press(b"\x03")
            else:
                terminal.process.send_signal(number)
            self.assertEqual(terminal.end(), 128 + number)
            self.restored(terminal)
        terminal = self.terminal()
        terminal.expect("serve_one")
        self.server.end()
        self.assertEqual(terminal.end(), 0)
        self.assertIn(b"the program has ended", terminal.output)
        self.restored(terminal)

    def test_stop(self):
        """Ctrl-Z gives the terminal back as it was, and going on draws the table anew."""
        told, tells = os.pipe()
        goes, go = os.pipe()
        terminal = self.terminal(
            shell=(sys.executable, "-c", SHELL), pass_fds=(tells, goes), TOLD=str(tells),
            GO=str(goes),
        )
        os.close(tells)
        for way in ("key", "signal"):
            terminal.expect("serve_one")
            self.assertNotEqual(termios.tcgetattr(terminal.slave), terminal.before)
            if way == "key":
                terminal.press(b"\x1a")
            else:
                os.kill(self.child_of(terminal.process.pid), signal.SIGTSTP)
            self.assertTrue(select.select([told], [], [], PATIENCE_S)[0], way)
            self.assertEqual(os.read(told, 100), b"stopped\n")
            while terminal.read(0.1):
                pass
            self.restored(terminal)
            terminal.output = b""
            os.write(go, b"g")
        terminal.expect("serve_one")
        terminal.press(b"q")
        self.assertEqual(terminal.end(), 0)
        self.restored(terminal)
        for fd in (told, goes, go):
            os.close(fd)

    @staticmethod
    def child_of(pid):
        """The one child of a process."""
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="utf-8") as children:
            return int(children.read())

    def test_no_color(self):
        """NO_COLOR: not a colour, whatever else is marked."""
        terminal = self.terminal(NO_COLOR="1")
        terminal.expect("serve_one")
        terminal.press(b"q")
        self.assertEqual(terminal.end(), 0)
        self.assertNotRegex(terminal.output, rb"\x1b\[[34]\dm")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
