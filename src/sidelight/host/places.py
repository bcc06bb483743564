"""Folders of Linux hosts by who can write there, and names that programs and runtimes have.

Sources: the Filesystem Hierarchy Standard 3.0; file-hierarchy(7); chmod(1), restricted deletion
flag; names of kernel threads as
kernel/kthread.c and its callers give them; names of daemons as their packages install them.
"""

import re
from collections.abc import Iterable, Sequence
from posixpath import basename
from typing import Final, Literal, TypeAlias

from sidelight.host.process import File, Process, Region
from sidelight.values import dataclass

Place: TypeAlias = Literal["memory", "open", "guarded", "other"]
"""Where a file is: in shared memory, where everybody may write, below such a folder and yet where
root alone may write, or elsewhere."""

UNSEEN: Final = "who may write into the folders above was not seen"

_MEMORY: Final = ("/dev/", "/run/shm/", "/var/run/shm/")
_OPEN: Final = (
    "/tmp/", "/var/tmp/",  # noqa: S108 - names to look for, nothing is written there
    "/run/user/", "/run/lock/", "/var/lock/", "/var/crash/", "/run/screen/",
)  # fmt: skip
_OTHERS: Final = 0o022
_STICKY: Final = 0o1000
_SYSTEM: Final = ("/usr/", "/lib/", "/lib64/", "/bin/", "/sbin/", "/opt/", "/snap/", "/nix/store/")

INTERPRETERS: Final = re.compile(
    r"(?:python|perl|ruby|lua|tclsh|php|node|nodejs|gawk|mawk|bash|dash|sh|zsh|ksh)[\d.]*(?:-[\w.]+)?"
)

KERNEL_THREADS: Final = re.compile(
    r"(?:kworker/|ksoftirqd/|migration/|cpuhp/|idle_inject/|irq/|jbd2/|scsi_eh_|scsi_tmf_|xfsaild/"
    r"|rcu_(?:sched|bh|preempt|gp|par_gp|tasks)|kswapd\d|kcompactd\d|watchdog/"
    r"|(?:kthreadd|kdevtmpfs|kauditd|khugepaged|khungtaskd|kintegrityd|kblockd|kthrotld|kdmflush"
    r"|ksmd|kmpath_rdacd|oom_reaper|writeback|mm_percpu_wq|netns|nfsd|lockd|ecryptfs|bioset|md"
    r"|crypto|ata_sff|watchdogd|devfreq_wq|edac-poller|slub_flushwq|inet_frag_wq|cgwb_release)\b)"
)
_NAMES: Final = re.compile(r"kworker/|ksoftirqd/|migration/|cpuhp/|kthreadd$|kswapd\d$|jbd2/|rcu_")

DAEMONS: Final = {
    "udevd": "udevd systemd-udevd udevadm",
    "systemd-udevd": "systemd-udevd udevadm",
    "dbus-daemon": "dbus-daemon dbus-broker dbus-broker-launch",
    "sshd": "sshd sshd-session sshd-auth dropbear",
    "cron": "cron crond",
    "crond": "crond cron",
    "init": "init systemd upstart openrc-init runit tini",
    "systemd": "systemd systemd-executor",
    "hald-addon-acpi": "hald-addon-acpi",
    "hald-runner": "hald-runner",
    "pickup": "pickup",
    "qmgr": "qmgr",
    "mingetty": "mingetty agetty",
    "agetty": "agetty",
    "getty": "getty agetty",
    **{
        name: name
        for name in [
            "auditd",
            "rsyslogd",
            "syslogd",
            "syslog-ng",
            "atd",
            "acpid",
            "avahi-daemon",
            "polkitd",
            "console-kit-daemon",
            "systemd-journald",
            "systemd-logind",
            "systemd-resolved",
            "systemd-networkd",
            "systemd-timesyncd",
            "irqbalance",
            "chronyd",
            "ntpd",
            "lvmetad",
            "multipathd",
            "NetworkManager",
            "snmpd",
            "smartd",
            "mcelog",
        ]
    },
}
"""What a daemon calls itself, and the names that its program may have."""

MULTICALL: Final = frozenset({"busybox", "toybox", "coreutils", "sbase-box"})

SNIFFERS: Final = frozenset(
    [
        "tcpdump",
        "dumpcap",
        "tshark",
        "wireshark",
        "lldpd",
        "lldpad",
        "dhclient",
        "dhcpcd",
        "udhcpc",
        "dhcpd",
        "keepalived",
        "arping",
        "arpwatch",
        "wpa_supplicant",
        "hostapd",
        "NetworkManager",
        "systemd-networkd",
        "suricata",
        "snort",
        "zeek",
        "nmap",
        "pppoe",
        "pppd",
        "iftop",
        "ngrep",
        "sngrep",
        "softflowd",
        "pmacctd",
        "nprobe",
        "p0f",
        "kamailio",
        "opensips",
        "rtpengine",
        "connmand",
        "teamd",
        "cfm_oam",
        "ptp4l",
        "vnstatd",
        "busybox",
        "frr",
        "isisd",
        "ospfd",
    ]
)
"""Programs that look at packets by trade."""

_RUNTIMES: Final = (
    (r"libjvm\.so", "Java"),
    (r"(?:node|nodejs)|libnode\.so[\d.]*", "Node.js"),
    (r"libllvmlite\.so|libLLVM.*\.so.*|llvmjit\.so", "LLVM"),
    (r"libpcre(?:2-\d+|16|32)?\.so[\d.]*", "PCRE"),
    (r"libffi(?:-\w+)?\.so[\d.]*|_c(?:types|ffi_backend)\b\S*\.so", "libffi"),
    (r"mono-sgen\w*|mono|libmono\S*\.so[\d.]*", "Mono"),
    (r"lib(?:coreclr|clrjit)\.so", ".NET"),
    (r"beam\.smp", "Erlang"),
    (r"luajit[\d.-]*|(?:lib)?luajit\S*\.so[\d.]*", "LuaJIT"),
    (r"pypy[\d.]*\S*|libpypy\S*\.so", "PyPy"),
    (r"opcache\.so|php[\d.]*", "PHP"),
    (r"guile[\d.]*|libguile\S*\.so[\d.]*", "Guile"),
    (r"libruby\S*\.so[\d.]*|ruby[\d.]*", "Ruby"),
    (r"libjulia\S*\.so[\d.]*", "Julia"),
    (r"qemu-\S+", "QEMU"),
    (r"wine(?:64)?-preloader|wine(?:64)?", "Wine"),
    (r"chrome|chromium|libv8\S*\.so|libcef\.so", "Chromium"),
    (r"lib(?:mozjs\S*|xul)\.so[\d.]*|firefox\S*", "Mozilla"),
    (r"libjavascriptcoregtk\S*\.so[\d.]*", "WebKit"),
    (r"libQt\dQml\.so[\d.]*", "Qt"),
    (r"liborc-\S*\.so[\d.]*", "Orc"),
    (r"librte_bpf\.so[\d.]*", "DPDK"),
)
_RUNTIME: Final = [(re.compile(pattern), title) for pattern, title in _RUNTIMES]

_SHADOWED: Final = re.compile(
    r"(?:libc|libm|libdl|libpthread|librt|libresolv|libnss_\w+|libselinux|libpam|libpam_misc|libz"
    r"|libcrypto|libssl|libcrypt|libkeyutils|libgcc_s|libstdc\+\+|libaudit|libcap|libsystemd"
    r"|libproc2?|libprocps|libtinfo|libreadline|libblkid|libmount|libuuid|ld-linux\S*)\.so\.[\d.]+"
)


def place_of(path: str, file: File | None = None) -> Place:
    """Tell where a file is, by its path and by who may write into its folder."""
    if path.startswith(_MEMORY):
        return "memory"
    if file is not None and (file.folder_mode or 0) & 0o002:
        return "open"
    if not path.startswith(_OPEN):
        return "other"
    return "guarded" if file is not None and is_guarded(file) else "open"


def is_guarded(file: File) -> bool:
    """Tell whether root alone may change a file or put another in its place, as far as was seen.

    All folders on the way to it belong to root, and only root may write there. In one that is
    sticky others may write: what root has there they can neither rename nor remove. Its own folder
    is not excused by that, since they may put files beside it.
    """
    if file.now != "same" or file.uid != 0 or file.mode is None or file.mode & _OTHERS:
        return False
    return file.folders is not None and is_closed(file.folders)


def is_closed(folders: Sequence[tuple[int, int]]) -> bool:
    """Tell the same of a folder: permissions and owners of all on the way to it, itself last."""
    *above, own = folders or ((_OTHERS, 0),)
    passed = all(uid == 0 and (not mode & _OTHERS or mode & _STICKY) for mode, uid in above)
    return passed and own[1] == 0 and not own[0] & _OTHERS


def doubted(doubt: str, places: Iterable[tuple[str, File | None]]) -> str:
    """Add to a doubt about open places that the folders above one of them were not seen."""
    unseen = any(
        path.startswith(_OPEN) and (file is None or file.folders is None) for path, file in places
    )
    return f"{doubt}; {UNSEEN}" if unseen else doubt


def is_hidden(path: str) -> bool:
    """Tell whether a folder or file of *path* has a name that listings leave out."""
    return any(len(part) > 1 and part[0] == "." for part in path.split("/"))


def shadows(path: str) -> bool:
    """Tell whether a library has the name of one that nearly every system has."""
    return _SHADOWED.fullmatch(basename(path)) is not None


def claimed_kernel_thread(name: str) -> bool:
    """Tell whether *name* is one that only kernel threads have."""
    if name.startswith("["):
        return name.endswith("]") and KERNEL_THREADS.match(name[1:]) is not None
    return _NAMES.match(name) is not None


def is_trusted(file: File | None, path: str) -> bool:
    """Tell whether a package owns a file; if not known, whether it is where packages put them.

    One whose hash is not that of the package is not trusted.
    """
    owner = None if file is None else file.owner
    if file is not None and file.unchanged is False:
        return False
    if owner is None:
        return path.startswith(_SYSTEM) and place_of(path, file) == "other"
    return owner != ""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime that makes code as it runs, and has a file mapped.

    Args:
        text: names it, its file and who owns that.
        trusted: whether a package owns the file; anything can take the name of a runtime.
    """

    text: str
    trusted: bool


def runtime_of(process: Process) -> Runtime | None:
    """Find the runtime that is mapped, a trusted one before any other."""
    found = [
        _runtime(title, region)
        for region in process.regions
        if region.sort == "file"
        for pattern, title in _RUNTIME
        if pattern.fullmatch(basename(region.place))
    ]
    return next((runtime for runtime in found if runtime.trusted), found[0] if found else None)


def _runtime(title: str, region: Region) -> Runtime:
    owner = region.file.owner if region.file else None
    known = "owner not known" if owner is None else f"owned by the package {owner}"
    if region.file and region.file.unchanged is not None:
        known += " and as it left it" if region.file.unchanged else " and not as it left it"
    text = f"{title} ({region.place}, {'owned by no package' if owner == '' else known})"
    return Runtime(text, not region.deleted and is_trusted(region.file, region.place))
