# SPDX-License-Identifier: Apache-2.0
"""What the tests of TLS and passwords share: certificates, hashes, configurations, curl."""
import os
import shutil
import subprocess

from prom import skip_all

KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]


def need_tools(*names):
    missing = [name for name in names if not shutil.which(name)]
    if missing:
        skip_all("no " + ", ".join(missing))


def curl(*arguments):
    """The status, 000 without any."""
    return subprocess.run(["curl", "--silent", "--max-time", "60", "--output", "/dev/null",
                           "--write-out", "%{http_code}", *arguments], check=False,
                          stdout=subprocess.PIPE).stdout.decode()


def bcrypt(password, cost):
    line = subprocess.run(["htpasswd", "-nbBC", str(cost), "me", password], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return line.strip().partition(":")[2]


def certificate(place, name, *extensions):
    """NAME.key and NAME.crt, signed by itself."""
    key, cert = place.path + "/%s.key" % name, place.path + "/%s.crt" % name
    more = [word for extension in extensions for word in ("-addext", extension)]
    subprocess.run(["openssl", "req", "-x509", *KEY, "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", "/CN=" + name, "-addext",
                    "subjectAltName=IP:127.0.0.1", *more], check=True, stderr=subprocess.DEVNULL)
    return key, cert


def signed(place, name, by, purpose):
    """A certificate of that extended key usage, signed by the key of another."""
    key, cert = place.path + "/%s.key" % name, place.path + "/%s.crt" % name
    request, extension = place.path + "/request", place.path + "/extension"
    with open(extension, "w") as f:
        f.write("extendedKeyUsage=%s\n" % purpose)
    subprocess.run(["openssl", "req", *KEY, "-keyout", key, "-out",
                    request, "-subj", "/CN=" + name], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-days", "2", "-CA",
                    place.path + "/%s.crt" % by, "-CAkey", place.path + "/%s.key" % by,
                    "-CAcreateserial", "-extfile", extension, "-out", cert], check=True,
                   stderr=subprocess.DEVNULL)
    return key, cert


def write(place, name, text):
    """Replaced at once, so that nobody reads a half of it."""
    path = os.path.join(place.path, name)
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)
    return path
