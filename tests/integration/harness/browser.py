# SPDX-License-Identifier: BSD-2-Clause
#
# A headless Chromium, driven through the WebDriver protocol by the standard library.
# https://www.w3.org/TR/webdriver2/

import base64
import json
import re
import subprocess
import urllib.error
import urllib.request

from . import wait

# A first start on a slow machine reads a few hundred megabytes.
STARTING = 4 * wait.PATIENCE


class Browser:
    """One window. `directory` takes the profile and the driver's output."""

    def __init__(self, driver, directory):
        self.session = None
        self.output = directory / "chromedriver"
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [driver, "--port=0"], stdout=output, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={"PATH": "/usr/bin:/bin", "HOME": str(directory), "LANG": "C.UTF-8",
                     "XDG_CONFIG_HOME": str(directory), "XDG_CACHE_HOME": str(directory)})
        try:
            port = wait.wait_until(self.find_port, "a port of chromedriver", STARTING)
            self.base = f"http://127.0.0.1:{port}"
            self.session = self.open_session(directory)
        except BaseException:
            self.close()
            raise

    def find_port(self):
        if self.process.poll() is not None:
            raise AssertionError(f"chromedriver has ended: {self.output.read_text()}")
        found = re.search(r"successfully on port (\d+)", self.output.read_text())
        return found and found[1]

    def open_session(self, directory):
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--no-first-run", "--disable-extensions", "--disable-background-networking",
                     "--no-proxy-server", f"--user-data-dir={directory / 'profile'}"]
        options = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"},
                   "goog:chromeOptions": {"args": arguments}}
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": options}})
        return answer["sessionId"]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, method=method,
                                         headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=STARTING) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.read().decode()[:2000]}") from None

    def order(self, path, body):
        return self.ask("POST", f"/session/{self.session}{path}", body)

    def open(self, address):
        self.order("/url", {"url": address})

    def run(self, script, *arguments):
        """What a JavaScript function with this body returns."""
        return self.order("/execute/sync", {"script": script, "args": list(arguments)})

    def text(self, selector):
        """As it is shown: nothing, if it is not."""
        return self.run("const found = document.querySelector(arguments[0]);"
                        "return found ? found.innerText : '';", selector)

    def set_screen(self, width, height, mobile=False):
        self.devtools("Emulation.setDeviceMetricsOverride", width=width, height=height,
                      deviceScaleFactor=1, mobile=mobile)

    def set_color_scheme(self, scheme):
        self.devtools("Emulation.setEmulatedMedia",
                      features=[{"name": "prefers-color-scheme", "value": scheme}])

    def devtools(self, command, **parameters):
        return self.order("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def complaints(self):
        """Of the console since the last call: errors of scripts, of loading, of the policy."""
        messages = [one["message"] for one in self.order("/se/log", {"type": "browser"})]
        return [one for one in messages if not one.startswith("chrome://")]  # its own first page

    def screenshot(self, path):
        picture = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(picture["data"]))

    def close(self):
        if self.session:
            try:
                self.ask("DELETE", f"/session/{self.session}")
            except OSError:
                pass
        self.process.terminate()
        try:
            self.process.wait(wait.PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
