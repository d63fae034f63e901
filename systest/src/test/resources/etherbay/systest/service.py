# SPDX-License-Identifier: Apache-2.0
"""Runs a program as systemd runs a service of Type=notify with FileDescriptorStoreMax=:

    service.py [--no-store] FOLDER COMMAND...

SIGTERM ends it in order, and this with it. What SIGUSR1 asks for is one word in FOLDER/do:
stop (in order), kill, start. Each line of the program is printed behind the machine's monotonic
time in seconds, and so is what happens to it: "service: WHAT".
"""
import array
import os
import selectors
import signal
import socket
import sys
import time

FD_FIRST = 3  # sd_listen_fds(3)


def say(line):
    print("%.3f %s" % (time.monotonic(), line), flush=True)


class Service:
    def __init__(self, folder, command, stores):
        self.folder = folder
        self.command = command
        self.stored = {}
        self.pid = 0
        self.selector = selectors.DefaultSelector()
        self.address = os.path.join(folder, "notify")
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(self.address)
        self.stores = stores
        self.selector.register(self.notify, selectors.EVENT_READ, self.hear)

    def start(self):
        out, into = os.pipe()
        given = list(self.stored.items())
        # Above where they are to be, so that none is in the way of another.
        copies = [os.dup(fd) for _, fd in given]
        moved = [fcntl_dup(fd) for fd in copies]
        for fd in copies:
            os.close(fd)
        self.pid = os.fork()
        if self.pid == 0:
            self.become(into, given, moved)
        for fd in moved:
            os.close(fd)
        os.close(into)
        self.selector.register(out, selectors.EVENT_READ, lambda: self.read(out))
        say("service: started with %d sockets" % len(given))

    def become(self, into, given, moved):
        os.dup2(into, 1)
        os.dup2(into, 2)
        environment = dict(os.environ)
        for index, fd in enumerate(moved):
            os.dup2(fd, FD_FIRST + index)
        os.closerange(FD_FIRST + len(moved), 4096)
        if self.stores:
            environment["NOTIFY_SOCKET"] = self.address
        if given:
            environment["LISTEN_FDS"] = str(len(given))
            environment["LISTEN_PID"] = str(os.getpid())
            environment["LISTEN_FDNAMES"] = ":".join(name for name, _ in given)
        os.execvpe(self.command[0], self.command, environment)

    def read(self, out):
        text = os.read(out, 65536)
        if not text:
            self.selector.unregister(out)
            os.close(out)
        for line in text.decode(errors="replace").splitlines():
            say(line)

    def hear(self):
        text, fds, _, _ = socket.recv_fds(self.notify, 65536, 16)
        words = dict(line.split("=", 1) for line in text.decode().splitlines())
        name = words.get("FDNAME", "stored")
        if words.get("FDSTORE") == "1":
            for fd in fds:
                self.stored[name] = fd
            say("service: keeps %s" % name)
        elif words.get("FDSTOREREMOVE") == "1":
            if name in self.stored:
                os.close(self.stored.pop(name))
            say("service: forgets %s" % name)
        elif "READY" in words:
            say("service: ready")

    def end(self, number):
        say("service: %s" % signal.Signals(number).name)
        os.kill(self.pid, number)
        _, status = os.waitpid(self.pid, 0)
        self.pid = 0
        say("service: ended with %d" % os.waitstatus_to_exitcode(status))

    def asked(self):
        with open(os.path.join(self.folder, "do")) as file:
            word = file.read().strip()
        if word == "start":
            self.start()
        else:
            self.end(signal.SIGKILL if word == "kill" else signal.SIGTERM)

    def run(self):
        woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        signal.set_wakeup_fd(wakes)
        ending = []
        signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: ending.append(True))
        self.selector.register(
            woken, selectors.EVENT_READ, lambda: os.read(woken, 1) == bytes([signal.SIGUSR1]) and self.asked()
        )
        self.start()
        while not ending:
            for key, _ in self.selector.select():
                key.data()
        if self.pid:
            self.end(signal.SIGTERM)


def fcntl_dup(fd):
    import fcntl

    return fcntl.fcntl(fd, fcntl.F_DUPFD, 512)


if __name__ == "__main__":
    words = sys.argv[1:]
    store = words[0] != "--no-store"
    words = words if store else words[1:]
    Service(words[0], words[1:], store).run()
