#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The web configuration: TLS, client certificates, what is refused, and reading it again."""
import os
import signal
import ssl
import threading
import time

from prom import Exporter, Place, done, ok, refused, until
from web import bcrypt, certificate, curl, need_tools, signed, write

need_tools("curl", "openssl", "htpasswd")
ROTTEN = "$2y$%s$" + 53 * "a"
PAIR = "  cert_file: server.crt\n  key_file: server.key\n"
TLS = "tls_server_config:\n"
# What, the file, and how the complaint goes on after the file's name
REFUSED = [
    ("an unknown section", "no_such_section: {}\n", "1: no_such_section: "),
    ("cipher suites", TLS + PAIR + "  cipher_suites: [X]\n", "4: cipher_suites: "),
    ("HTTP/2", "\nhttp_server_config:\n  http2: true\n", "3: http2: "),
    ("headers", "http_server_config: {headers: {X: y}}\n", "1: headers: "),
    ("a certificate without a key", TLS + "  cert_file: server.crt\n", "2: cert_file: "),
    ("a key without a certificate", TLS + "  key_file: server.key\n", "2: key_file: "),
    ("a version without a certificate", TLS + "  min_version: TLS13\n", "2: min_version: "),
    ("clients without a certificate", TLS + "  client_auth_type: NoClientCert\n",
     "2: client_auth_type: "),
    ("an old version", TLS + PAIR + "  min_version: TLS10\n", "4: min_version: "),
    ("a version without its value", TLS + PAIR + "  min_version:\n", "4: min_version: "),
    ("a setting twice", TLS + PAIR + "  key_file: server.key\n", "4: key_file: given twice"),
    ("a key of another", TLS + "  cert_file: server.crt\n  key_file: client.key\n",
     "2: cert_file: "),
    ("a certificate that is none", TLS + "  key_file: server.key\n  cert_file: server.key\n",
     "3: cert_file: "),
    ("a file that is not there", TLS + "  key_file: server.key\n  cert_file: nowhere.crt\n",
     "3: cert_file: No such file"),
    ("a directory", TLS + "  cert_file: .\n", "2: cert_file: Is a directory"),
    ("a pipe without a writer", TLS + "  cert_file: pipe\n", "2: cert_file: not a plain file"),
    ("a device", TLS + "  cert_file: /dev/zero\n", "2: cert_file: not a plain file"),
    ("a client CA that is none", TLS + PAIR + "  client_auth_type: VerifyClientCertIfGiven\n"
     "  client_ca_file: server.key\n", "5: client_ca_file: "),
    ("a client CA without a type", TLS + PAIR + "  client_ca_file: server.crt\n",
     "4: client_ca_file: "),
    ("a type without a client CA", TLS + PAIR + "  client_auth_type: RequireAndVerifyClientCert\n",
     "4: client_auth_type: "),
    ("a certificate that is not verified", TLS + PAIR + "  client_auth_type: RequestClientCert\n",
     "4: client_auth_type: "),
    ("a password in clear", "basic_auth_users:\n  you: %s\n  me: secret\n" % (ROTTEN % "10"),
     "3: me: "),
    ("a cost that is too low", "basic_auth_users: {me: %s}\n" % (ROTTEN % "03"), "1: me: "),
    ("a cost that is none", "basic_auth_users: {me: %s}\n" % (ROTTEN % "1x"), "1: me: "),
    ("a cost of minutes", "basic_auth_users: {me: %s}\n" % (ROTTEN % "20"), "1: me: "),
    ("a hash with a bad character", "basic_auth_users: {me: '%s'}\n" %
     (ROTTEN % "10").replace("aa", "a!", 1), "1: me: "),
    ("a user twice", "basic_auth_users: {me: %s, me: %s}\n" % (ROTTEN % "10", ROTTEN % "11"),
     "1: me: given twice"),
    ("a user with a colon", "basic_auth_users: {'a:b': %s}\n" % (ROTTEN % "10"), "1: a:b: "),
    ("a list for a section", "basic_auth_users: [me]\n", "1: basic_auth_users: "),
    ("what is not YAML", "a: [\n", "2: "), ("a list", "- a\n", "1: "),
    ("a second document", "basic_auth_users: {}\n---\nbasic_auth_users: {}\n", "3: ")]


def check_refusals(place):
    certificate(place, "server")
    certificate(place, "client")
    os.mkfifo(place.path + "/pipe")
    for what, text, wanted in REFUSED:
        path = write(place, "bad.yml", text)
        got = refused(place, "--web.config.file", path)
        ok("%s:%s" % (path, wanted) in got, what + " is refused", got)
    ok("nowhere" in refused(place, "--web.config.file=/nowhere"), "a file that is not there")
    for what, text in [("an empty file", ""), ("empty sections", "tls_server_config:\n"
                                               "http_server_config: {http2: false}\n")]:
        exporter = Exporter(place, "--web.config.file", write(place, "good.yml", text))
        ok(exporter.get()[0] == 200, what + " is as good as none")
        exporter.stop()


def check_tls(place):
    text = TLS + PAIR + "  min_version: TLS13\nbasic_auth_users:\n  me: %s\n" % bcrypt("secret", 5)
    exporter = Exporter(place, "--web.config.file", write(place, "tls.yml", text), scheme="https")
    url, trust = exporter.url + "/metrics", ["--cacert", place.path + "/server.crt"]
    ok(curl(*trust, "-u", "me:secret", url) == "200", "TLS and the right password")
    ok(curl(*trust, "-u", "me:Secret", url) == "401", "the wrong password")
    ok(curl(*trust, url) == "401", "no password")
    ok(curl(*trust, "-u", "me:secret", "--tls-max", "1.2", url) == "000", "TLS 1.2")
    ok(curl(url.replace("https", "http")) == "000", "without TLS there is nothing")
    ok(exporter.stop() == 0, "SIGTERM ends it")


def check_clients(place):
    """Who may come in is signed by the CA, and as a client."""
    certificate(place, "ca", "keyUsage=critical,keyCertSign")
    certificate(place, "other")
    for name, purpose in [("user", "clientAuth"), ("host", "serverAuth"),
                          ("both", "serverAuth,clientAuth")]:
        signed(place, name, "ca", purpose)
    for kind, without in [("RequireAndVerifyClientCert", "403"), ("VerifyClientCertIfGiven", "200")]:
        text = TLS + PAIR + "  client_ca_file: ca.crt\n  client_auth_type: %s\n" % kind
        exporter = Exporter(place, "--web.config.file", write(place, "ca.yml", text),
                            scheme="https")
        request = ["--cacert", place.path + "/server.crt", exporter.url + "/metrics"]
        ok(curl(*request) == without, "%s: no certificate" % kind)
        for name, wanted in [("user", "200"), ("both", "200"), ("host", "403"), ("other", "403")]:
            got = curl("--cert", "%s/%s.crt" % (place.path, name),
                       "--key", "%s/%s.key" % (place.path, name), *request)
            ok(got == wanted, "%s: certificate of %s" % (kind, name), got)
        ok(exporter.stop() == 0, "SIGTERM ends it")


class Scraper(threading.Thread):
    """Scrapes all the time; none of its scrapes may fail."""

    def __init__(self, exporter):
        super().__init__()
        self.exporter, self.done, self.failed, self.count = exporter, False, [], 0
        self.start()

    def run(self):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        while not self.done:
            try:
                self.exporter.get("/-/healthy", context=context)
                self.count += 1
            except OSError as error:
                self.failed.append(error)

    def stop(self):
        self.done = True
        self.join()


def check_again(place):
    """Certificates that are renewed, users that change: from then on, for whoever comes."""
    path = write(place, "web.yml", TLS + PAIR)
    exporter = Exporter(place, "--web.config.file", path, scheme="https")

    def shown():
        return ssl.get_server_certificate(("127.0.0.1", exporter.port))

    def file():
        with open(place.path + "/server.crt") as f:
            return f.read()
    ok(shown() == file(), "the certificate")
    scraper = Scraper(exporter)
    certificate(place, "server")
    exporter.process.send_signal(signal.SIGHUP)
    ok(until(lambda: shown() == file()), "is another after SIGHUP")
    certificate(place, "server")
    ok(until(lambda: shown() == file()), "and without, when its file has changed")
    write(place, "web.yml", TLS + PAIR + "basic_auth_users: {me: %s}\n" % bcrypt("new", 5))
    request = ["--insecure", exporter.url + "/metrics"]
    ok(until(lambda: curl(*request) == "401"), "so are users")
    ok(curl("-u", "me:new", *request) == "200", "who come in")
    write(place, "web.yml", TLS + "  cert_file: nowhere\n")
    for _ in range(20):
        exporter.process.send_signal(signal.SIGHUP)
        time.sleep(0.01)
    ok(curl("-u", "me:new", *request) == "200", "a bad configuration changes nothing")
    write(place, "web.yml", TLS + PAIR + "basic_auth_users: {you: %s}\n" % bcrypt("newer", 5))
    ok(until(lambda: curl("-u", "you:newer", *request) == "200"), "and a good one after it does")
    ok(curl("-u", "me:new", *request) == "401", "without those who are no longer in it")
    scraper.stop()
    ok(scraper.count and not scraper.failed, "no request was lost meanwhile: %d" % scraper.count,
       scraper.failed)
    ok(exporter.stop() == 0, "SIGTERM ends it")


def check_loss(place):
    """What is half written looks like less than was there: nobody comes in by that."""
    certificate(place, "ca", "keyUsage=critical,keyCertSign")
    certificate(place, "server")
    users = "basic_auth_users: {me: %s}\n" % bcrypt("secret", 5)
    clients = PAIR + "  client_ca_file: ca.crt\n  client_auth_type: VerifyClientCertIfGiven\n"
    version = "  min_version: TLS13\n"
    whole = TLS + clients + version + users
    path = write(place, "loss.yml", whole)
    with open(place.path + "/loss.log", "w+") as log:
        exporter = Exporter(place, "--web.config.file", path, scheme="https", log=log)
        request = ["--insecure", exporter.url + "/metrics"]

        def told():
            with open(log.name) as f:
                return f.read()
        for lost, text in [("min_version", TLS + clients + users),
                           ("client_auth_type", TLS + PAIR + version + users),
                           ("cert_file", users), ("basic_auth_users", "")]:
            log.truncate(0)
            with open(path, "w") as f: # not replaced at once
                f.write(text)
            ok(until(lambda: lost + " is lost" in told()), "a loss of %s is told" % lost)
            ok(curl(*request) == "401" and curl("-u", "me:secret", *request) == "200",
               "and nothing has changed")
        exporter.process.send_signal(signal.SIGHUP)
        plain = exporter.url.replace("https", "http") + "/metrics"
        ok(until(lambda: curl(plain) == "200"), "SIGHUP takes it")
        exporter.stop()


def check_refused(place):
    """A file that only the refused configuration names, and that comes later, is noticed."""
    with open(place.path + "/refused.log", "w+") as log:
        exporter = Exporter(place, "--web.config.file", write(place, "refused.yml", ""), log=log)
        write(place, "refused.yml", TLS + PAIR.replace("server", "late"))

        def told():
            with open(log.name) as f:
                return f.read()
        ok(until(lambda: "No such file" in told()), "a configuration whose files are not there yet")
        certificate(place, "late")
        secure = exporter.url.replace("http", "https") + "/metrics"
        ok(until(lambda: curl("--insecure", secure) == "200"), "is taken when they are")
        exporter.stop()


with Place() as here:
    os.chmod(here.path, 0o700)
    check_refusals(here)
    check_tls(here)
    check_clients(here)
    check_again(here)
    check_loss(here)
    check_refused(here)
done()
