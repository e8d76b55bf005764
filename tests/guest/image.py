# SPDX-License-Identifier: GPL-2.0-or-later
"""Builds the guest's initramfs: an archive of layers laid end to end, which the kernel unpacks in turn.

  tools    programs of this host with all the libraries they load, Python; made again when dpkg's database
           or this file changes
  servers  what is unpacked in build/root, with its libraries; only for guests that ask for it
  media    ffmpeg and a few plug-ins of GStreamer out of it, with theirs; likewise, for it is the largest
  modules  the kernel modules that tests use, with the files modprobe reads; the same per kernel release
  project  init, ksrtp.ko, our programs and tests/, below /ksrtp; made for every boot"""
import fcntl
import glob
import hashlib
import lzma
import os
import re
import shutil
import stat
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KERNELS = ROOT + "/build/kernels"
UNPACKED = ROOT + "/build/root"
CACHE = ROOT + "/build/guest"

PROGRAMS = """dash bash cat cp mv rm ln ls mkdir rmdir mknod mkfifo chmod chown sleep head tail tr cut sort uniq wc date env test
true false timeout seq dd stat printf id sync uname tee touch mktemp readlink realpath basename dirname od cmp diff
expr nproc stty chroot tac paste comm split md5sum sha256sum base64 yes
grep sed mawk find xargs mount umount dmesg nsenter unshare setsid flock hostname kill ps pgrep sysctl prlimit setpriv
ip tc bridge ss nft ethtool tcpdump openssl python3.11 kmod taskset""".split()
LINKS = {
    "/usr/bin/sh": "dash",
    "/usr/bin/awk": "mawk",
    "/usr/bin/python3": "python3.11",
    "/usr/sbin/insmod": "/usr/bin/kmod",
    "/usr/sbin/rmmod": "/usr/bin/kmod",
    "/usr/sbin/modprobe": "/usr/bin/kmod",
    "/usr/sbin/lsmod": "/usr/bin/kmod",
    "/usr/sbin/modinfo": "/usr/bin/kmod",
    "/usr/sbin/depmod": "/usr/bin/kmod",
}
# of build/root: no documents, no codecs larger than the rest; of its libraries only those that are loaded
# by what stays, besides the plug-ins of the servers
NO_SERVER = re.compile(
    r"^/(\.have|etc/(gtk-3\.0|openal|openni2|timidity)|usr/libexec"
    r"|usr/share/(doc|man|lintian|locale|bug|applications|icons|menu|directfb.*)|usr/include"
    r"|usr/share/(gtk-3\.0|themes|ffmpeg|gstreamer-1\.0|glib-2\.0|openal|libmysofa|ladspa|dbus-1)"
    r"|lib/systemd|etc/init\.d)(/|$)|^/usr/lib/x86_64-linux-gnu/(?!kamailio(/|$))"
    r"|^/usr/bin/(linphone[^/]*|lp-[^/]*|host|ff[^/]*|qt-[^/]*|gst-[^/]*)$"
    r"|^/usr/share/(belr|linphone|sounds|images|libwacom|mime|qt5|zvbi)(/|$)"
    r"|/(directfb|vp8|vp9|codec2|v4l2|v4l2_codec|selfview|snapshot)\.so$"
)
# of build/root or this host, where a package of theirs may be installed already
MEDIA = ["/usr/bin/ffmpeg", "/usr/bin/gst-launch-1.0"] + [
    "/usr/lib/x86_64-linux-gnu/gstreamer-1.0/libgst%s.so" % p for p in ("coreelements", "rtp", "srtp", "udp")
]
# in Python's library, but nothing a test needs
NO_PYTHON = re.compile(
    r"/(test|tests|idlelib|lib2to3|ensurepip|distutils|pydoc_data|turtledemo|tkinter|config-3[^/]*)(/|$)|\.opt-[12]\.pyc$"
)
MODULES = """veth dummy tun bridge br_netfilter 8021q vrf ifb macvlan virtio_pci virtio_console virtio-rng
nf_tables nf_conntrack nf_conntrack_netlink nf_nat nft_ct nft_chain_nat nft_nat nft_masq nft_redir nft_limit nft_log
nft_reject nft_reject_inet nft_reject_ipv4 nft_reject_ipv6 nft_hash nft_numgen nft_fib nft_fib_inet nft_fib_ipv4
nft_fib_ipv6 nft_dup_netdev nft_fwd_netdev nft_queue nft_quota nft_socket nft_tproxy nft_xfrm nfnetlink_log
sch_netem sch_ingress sch_tbf sch_fq_codel sch_fq sch_prio sch_htb cls_u32 cls_flower cls_matchall act_mirred act_gact act_pedit
act_csum iptable_filter ip6table_filter iptable_nat xt_conntrack xt_tcpudp
aesni_intel ctr gcm ghash-generic hmac sha1_generic sha1-ssse3 sha256-ssse3""".split()
ETC = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "group": "root:x:0:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost guest\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
    "protocols": "icmp 1 ICMP\ntcp 6 TCP\nudp 17 UDP\nipv6-icmp 58 IPv6-ICMP\n",
    "services": "",
    "localtime": "",
}


# what libsrtp2's crypto library loads by name
NSS = ("libsoftokn3.so", "libfreebl3.so", "libfreeblpriv3.so")


class Archive:
    """a cpio archive in the "newc" form, uncompressed, because an emulated CPU unpacks slowly"""

    def __init__(self, path):
        self.path, self.out, self.seen, self.ino = path, open(path + ".new", "wb"), set(), 0

    def _entry(self, name, mode, data):
        self.ino += 1
        name = name.encode()
        head = "070701" + "".join(
            "%08X" % v
            for v in (
                self.ino,
                mode,
                0,
                0,
                2 if stat.S_ISDIR(mode) else 1,
                0,
                len(data),
                0,
                0,
                0,
                0,
                len(name) + 1,
                0,
            )
        )
        self._padded(head.encode() + name + b"\0")
        self._padded(data)

    def _padded(self, data):
        self.out.write(data + b"\0" * (-len(data) % 4))

    def directory(self, path, mode=0o755):
        path = path.strip("/")
        if path and path not in self.seen:
            self.directory(os.path.dirname(path))
            self.seen.add(path)
            self._entry(path, stat.S_IFDIR | mode, b"")

    def _first(self, path):
        path = merged(path).strip("/")
        if path in self.seen:
            return None
        self.directory(os.path.dirname(path))
        self.seen.add(path)
        return path

    def link(self, path, target):
        path = self._first(path)
        if path:
            self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def merge(self):
        """the four links that merged() stands for"""
        for d in "bin sbin lib lib64".split():
            self._entry(d, stat.S_IFLNK | 0o777, ("usr/" + d).encode())

    def data(self, path, data, mode=0o644):
        path = self._first(path)
        if path:
            self._entry(path, stat.S_IFREG | mode, data)

    def file(self, path, source=None):
        """the file (not the link) at source"""
        source = source or path
        if merged(path).strip("/") not in self.seen:
            with open(source, "rb") as f:
                self.data(path, f.read(), os.stat(source).st_mode & 0o777)

    def tree(self, path, source, skip=None):
        """all below source; a link stays a link unless it leads out of it"""
        for d, dirs, files in os.walk(source):
            dirs.sort()
            to = path + d[len(source) :]
            if skip and skip.search(to):
                dirs.clear()
                continue
            self.directory(merged(to))
            for f in sorted(files):
                if skip and skip.search(to + "/" + f):
                    continue
                p = d + "/" + f
                if os.path.islink(p) and "/" not in os.readlink(p):
                    self.link(to + "/" + f, os.readlink(p))
                elif os.path.exists(p):
                    self.file(to + "/" + f, p)

    def close(self):
        self._entry("TRAILER!!!", 0, b"")
        self.out.close()
        os.rename(self.path + ".new", self.path)


def merged(path):
    """Debian 12 holds /bin, /sbin and /lib* in /usr"""
    return re.sub(r"^/?(bin|sbin|lib|lib64)(?=/|$)", r"/usr/\1", path)


def elf(path):
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as f:
        return f.read(4) == b"\x7fELF"


def libraries(paths):
    """every library that the programs and plug-ins at these paths load, by the name they load it by"""
    env = dict(
        os.environ,
        LD_LIBRARY_PATH=":".join(
            sorted(
                {
                    os.path.dirname(p)
                    for p in glob.glob(UNPACKED + "/usr/lib/x86_64-linux-gnu/*.so*")
                    + glob.glob(UNPACKED + "/usr/lib/x86_64-linux-gnu/*/*.so*")
                }
            )
        ),
    )
    found = {}
    paths = [p for p in sorted(set(paths)) if os.path.isfile(p)]
    for i in range(0, len(paths), 64):
        out = subprocess.run(
            ["ldd"] + paths[i : i + 64],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ).stdout
        for name, path in re.findall(r"^\s*(?:(\S+) => )?(/\S+) \(0x", out, re.M):
            to = path[len(UNPACKED) :] if path.startswith(UNPACKED) else path
            found[merged(to)] = path
    return found


def which(name):
    for d in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"):
        if os.path.exists(d + "/" + name):
            return merged(d + "/" + name), os.path.realpath(d + "/" + name)
    raise SystemExit("boot: no program %s on this host (tests/setup brings all of them)" % name)


def tools_layer(a):
    places = "usr/bin usr/sbin usr/lib usr/lib64 proc sys dev run tmp root etc/ssl"
    for d in (places + " var/tmp var/lib var/log").split():
        a.directory(d)
    a.merge()
    a.link("/var/run", "/run")
    programs = dict(which(p) for p in PROGRAMS)
    for to, source in programs.items():
        a.file(to, source)
    nss = [p for p in ("/usr/lib/x86_64-linux-gnu/" + n for n in NSS) if os.path.exists(p)]
    for p in nss:
        a.file(p)
    for to, source in libraries(
        list(programs.values()) + nss + glob.glob("/usr/lib/python3.11/lib-dynload/*.so")
    ).items():
        a.file(to, source)
    for to, target in LINKS.items():
        a.link(to, target)
    a.tree("/usr/lib/python3.11", "/usr/lib/python3.11", NO_PYTHON)
    a.tree("/usr/lib/python3/dist-packages/yaml", "/usr/lib/python3/dist-packages/yaml")
    for name, text in ETC.items():
        a.data("/etc/" + name, text.encode())
    a.file("/etc/ssl/openssl.cnf")
    a.link("/usr/lib/ssl/openssl.cnf", "/etc/ssl/openssl.cnf")


def servers_layer(a):
    a.tree("", UNPACKED, NO_SERVER)
    inside = [
        p
        for p in glob.glob(UNPACKED + "/usr/**", recursive=True)
        if not NO_SERVER.search(p[len(UNPACKED) :])
    ]
    for to, source in libraries([p for p in inside if elf(p)]).items():
        a.file(to, source)


def media_layer(a):
    sources = {p: next(d + p for d in (UNPACKED, "") if os.path.exists(d + p)) for p in MEDIA}
    for to, source in list(sources.items()) + list(libraries(sources.values()).items()):
        a.file(to, source)


def modules_layer(a, base, release):
    """the closure of MODULES; names that are built in or unknown to this kernel do without"""
    home = "%s/lib/modules/%s" % (base, release)
    need = set()
    with open(home + "/modules.dep") as f:
        deps = {k: v.split() for k, _, v in (line.partition(":") for line in f)}
    byname = {os.path.basename(p).split(".")[0].replace("-", "_"): p for p in deps}
    todo = [byname[m] for m in (m.replace("-", "_") for m in MODULES) if m in byname]
    while todo:
        m = todo.pop()
        if m not in need:
            need.add(m)
            todo += deps[m]
    with tempfile.TemporaryDirectory(dir=CACHE) as d:
        to = "%s/lib/modules/%s/" % (d, release)
        for m in sorted(need):
            with open(home + "/" + m, "rb") as f:
                data = f.read()
            os.makedirs(os.path.dirname(to + m), exist_ok=True)
            with open(to + re.sub(r"\.xz$", "", m), "wb") as f:
                f.write(lzma.decompress(data) if m.endswith(".xz") else data)
        for f in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            shutil.copy(home + "/" + f, to + f)
        subprocess.run(
            ["/usr/sbin/depmod", "-b", d, release], check=True, stderr=subprocess.DEVNULL
        )
        a.tree("/usr/lib/modules", d + "/lib/modules")


def project_layer(a, ko, files, init):
    a.data("/init", init.encode(), 0o755)
    a.tree("/ksrtp/tests", ROOT + "/tests", re.compile(r"/__pycache__|/seeds(/|$)"))
    for d in ("include/uapi", "dist"):
        a.tree("/ksrtp/" + d, ROOT + "/" + d)
    ours = [ROOT + "/build/" + p for p in ("ksrtp", "ksrtpd")]
    ours += glob.glob(ROOT + "/build/tests/netns/*") + glob.glob(ROOT + "/build/tests/calls/*")
    ours += glob.glob(ROOT + "/build/tests/interop/*") + glob.glob(ROOT + "/build/tests/guest/*")
    ours = [p for p in ours if os.access(p, os.X_OK) and os.path.isfile(p)]
    for p in ours:
        a.file("/ksrtp" + p[len(ROOT) :], p)
    for source, to in files:
        a.tree(to, source) if os.path.isdir(source) else a.file(to, source)
    if ko:
        a.file("/ksrtp/build/ksrtp.ko", ko)
    for to, source in libraries(ours + [s for s, _ in files]).items():
        a.file(to, source)


def fresh(path, key):
    try:
        with open(path + ".key") as f:
            return os.path.exists(path) and f.read() == key
    except OSError:
        return False


def cached(name, key, make):
    """the archive build/guest/NAME, made by make(archive) unless the one that is there has the same key"""
    path = "%s/%s.cpio" % (CACHE, name)
    if not fresh(path, key):
        a = Archive(path)
        make(a)
        a.close()
        with open(path + ".key", "w") as f:
            f.write(key)
    return path


def key(*paths):
    h = hashlib.sha256()
    for p in paths + (__file__,):
        h.update(p.encode())
        if os.path.isdir(p):
            h.update("\n".join(sorted(os.listdir(p))).encode())
        elif os.path.exists(p):
            s = os.stat(p)
            h.update(b"%d %d" % (s.st_mtime_ns, s.st_size))
    return h.hexdigest()


def build(path, kernel, ko, files, init, more):
    """writes the initramfs to path; more: the layers of build/root that it holds, by name"""
    os.makedirs(CACHE, exist_ok=True)
    with open(CACHE + "/.lock", "w") as lock:  # two guests start at once
        fcntl.flock(lock, fcntl.LOCK_EX)
        layers = [cached("tools", key("/var/lib/dpkg/status"), tools_layer)]
        for name, make in (("servers", servers_layer), ("media", media_layer)):
            if name in more:
                layers.append(cached(name, key("/var/lib/dpkg/status", UNPACKED + "/.have"), make))
        if kernel.base:
            dep = "%s/lib/modules/%s/modules.dep" % (kernel.base, kernel.release)
            layers.append(
                cached(
                    "modules-" + kernel.release,
                    key(dep),
                    lambda a: modules_layer(a, kernel.base, kernel.release),
                )
            )
    a = Archive(path + ".project")
    project_layer(a, ko, files, init)
    a.close()
    with open(path, "wb") as out:
        for p in layers + [path + ".project"]:
            with open(p, "rb") as f:
                out.write(f.read())
    os.unlink(path + ".project")
