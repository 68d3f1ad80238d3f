"""A headless Chromium for tests: a small WebDriver client, and a profile that is thrown away."""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--force-device-scale-factor=1",
]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# The codes of keys that are no letters.
KEYS = {
    "Enter": "\ue007", "Escape": "\ue00c", "Tab": "\ue004", "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013", "ArrowRight": "\ue014", "ArrowDown": "\ue015", "Shift": "\ue008",
    "Home": "\ue011", "End": "\ue010",
}


class Browser:
    """Starts with `with`; what the pages complained about is in console(). Of the height of the
    window some 143 pixels are the browser's own."""

    def __init__(self, width=1440, height=1043, dark=False):
        self.size = (width, height)
        self.dark = dark

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="tutti-browser-")
        self.complaints = tempfile.TemporaryFile("w+")
        self.driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdout=subprocess.PIPE, stderr=self.complaints,
            stdin=subprocess.DEVNULL, text=True,
        )
        self.address = None
        self.session = None
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.address = "http://127.0.0.1:" + found.group(1)
                break
        if not self.address:
            self.complaints.seek(0)
            raise RuntimeError("chromedriver does not start: " + self.complaints.read()[-600:])
        size = "--window-size=%d,%d" % self.size
        arguments = ARGUMENTS + [size, "--user-data-dir=" + self.folder]
        if self.dark:
            arguments.append("--force-dark-mode")
        capabilities = {
            "browserName": "chrome",
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments},
        }
        answer = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": capabilities}})
        self.session = "/session/" + answer["sessionId"]

    def __exit__(self, *_):
        if self.session:
            try:
                self._ask("DELETE", self.session)
            except (OSError, RuntimeError):
                pass
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        self.complaints.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _ask(self, method, path, body=None):
        data = json.dumps(body if body is not None else {}).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, data, method=method)
        request.add_header("Content-Type", "application/json")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            told = json.load(error)["value"]
            raise RuntimeError("%s: %s" % (told["error"], told["message"][:600])) from None

    def open(self, path, fragment=""):
        """Opens a file and waits until its page is ready."""
        self._ask("POST", self.session + "/url", {"url": "about:blank"})
        self._ask("POST", self.session + "/url", {"url": "file://" + path + fragment})
        self.wait("document.documentElement.dataset.ready === 'yes'")

    def run(self, script, *arguments):
        """Runs the body of a function in the page."""
        body = {"script": script, "args": list(arguments)}
        return self._ask("POST", self.session + "/execute/sync", body)

    def wait(self, condition, seconds=90):
        """Until the expression is true."""
        end = time.monotonic() + seconds
        while not self.run("return Boolean(%s)" % condition):
            if time.monotonic() > end:
                raise RuntimeError("still not true: %s\n%s" % (condition, self.console()))
            time.sleep(0.02)

    def press(self, *keys):
        """Presses keys one after the other: letters, or names as in KEYS."""
        actions = []
        for key in keys:
            code = KEYS.get(key, key)
            actions += [{"type": "keyDown", "value": code}, {"type": "keyUp", "value": code}]
        self._act([{"type": "key", "id": "keys", "actions": actions}])

    def paste(self):
        """Ctrl+V."""
        steps = [("keyDown", "\ue009"), ("keyDown", "v"), ("keyUp", "v"), ("keyUp", "\ue009")]
        actions = [{"type": kind, "value": value} for kind, value in steps]
        self._act([{"type": "key", "id": "keys", "actions": actions}])

    def mouse(self, *actions):
        """The mouse: ("move", x, y), ("down",), ("up",)."""
        words = {"move": "pointerMove", "down": "pointerDown", "up": "pointerUp"}
        steps = []
        for action in actions:
            step = {"type": words[action[0]]}
            if action[0] == "move":
                step.update({"x": int(action[1]), "y": int(action[2]), "duration": 0})
            else:
                step["button"] = 0
            steps.append(step)
        self._act([{"type": "pointer", "id": "mouse", "actions": steps}])

    def click_at(self, x, y):
        self.mouse(("move", x, y), ("down",), ("up",))

    def wheel(self, x, y, dx, dy):
        step = {"type": "scroll", "x": int(x), "y": int(y), "deltaX": dx, "deltaY": dy,
                "duration": 0, "origin": "viewport"}
        self._act([{"type": "wheel", "id": "wheel", "actions": [step]}])

    def _act(self, actions):
        self._ask("POST", self.session + "/actions", {"actions": actions})

    def click(self, selector):
        """A real click on the first element of a selector."""
        found = self._ask("POST", self.session + "/element",
                          {"using": "css selector", "value": selector})
        self._ask("POST", "%s/element/%s/click" % (self.session, found[ELEMENT]))

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def screenshot(self, path):
        """What is to be seen, as a file."""
        picture = self._ask("GET", self.session + "/screenshot")
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture))

    def console(self):
        """The messages of the console since the last call."""
        log = self._ask("POST", self.session + "/se/log", {"type": "browser"})
        return ["%s: %s" % (entry["level"], entry["message"]) for entry in log]
