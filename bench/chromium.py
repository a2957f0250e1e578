"""Speaks with Debian's Chromium over its pipe, in the words of the DevTools protocol. Nothing beside Python is needed, and nothing is loaded."""
import fcntl, json, os, queue, shutil, subprocess, tempfile, threading

PROGRAM = os.environ.get("CHROMIUM", "/usr/bin/chromium")


class Chromium:
    """One browser with a profile of its own that nobody has used, and that is gone with it."""

    def __init__(self):
        self.profile = tempfile.mkdtemp(prefix="chromium-")
        (to_read, self.to), (self.fro, to_write) = self.pipe(), self.pipe()

        def ends():
            os.dup2(to_read, 3)
            os.dup2(to_write, 4)

        self.process = subprocess.Popen(
            [PROGRAM, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={self.profile}", "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
             "--disable-component-update", "--disable-extensions", "--window-size=1440,900", *(["--no-sandbox"] if os.geteuid() == 0 else []), "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=ends, close_fds=False)
        os.close(to_read)
        os.close(to_write)
        self.number, self.answers, self.listeners, self.lock = 0, {}, [], threading.Lock()
        threading.Thread(target=self.read, daemon=True).start()

    @staticmethod
    def pipe():
        """A pipe whose ends are none of the numbers that Chromium wants."""
        ends = []
        for end in os.pipe():
            ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10))
            os.close(end)
        return ends

    def read(self):
        rest = b""
        while part := os.read(self.fro, 1 << 20):
            *messages, rest = (rest + part).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self.answers.pop(message["id"]).put(message)
                else:
                    for listener in self.listeners:
                        listener(message)

    def send(self, method, session=None, **values):
        """Asks for something and returns the answer."""
        with self.lock:
            self.number += 1
            number, answer = self.number, queue.Queue()
            self.answers[number] = answer
            text = json.dumps({"id": number, "method": method, "params": values, **({"sessionId": session} if session else {})}).encode() + b"\0"
            while text:
                text = text[os.write(self.to, text):]
        message = answer.get(timeout=120)
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def tab(self, own_context=False):
        """Opens a tab; with own_context it shares nothing with the others, as another browser would."""
        context = {"browserContextId": self.send("Target.createBrowserContext")["browserContextId"]} if own_context else {}
        target = self.send("Target.createTarget", url="about:blank", newWindow=True, width=1440, height=900, **context)["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.send("Page.enable", session)
        self.send("Runtime.enable", session)
        return session

    def value(self, session, script):
        """What a script in the tab comes to; a promise is awaited."""
        result = self.send("Runtime.evaluate", session, expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"].get("description", "The script failed."))
        return result["result"].get("value")

    def close(self):
        try:
            self.send("Browser.close")
            self.process.wait(20)
        except Exception:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)
