"""What numbers in Linux audit records stand for, and which of their fields are encoded.

Sources: linux/audit.h (record types), the system call tables of the Linux kernel, and the field
dictionary of the Linux audit project (the fields whose format is "encoded").
"""

from collections.abc import Mapping
from typing import Final

_ENCODED: Final = """acct cmd comm cwd data device dir exe file grp key lsm name new_disk new_fs
new_group new-chardev new-disk new-fs new-net new-rng ocomm old-chardev old-disk old-fs old-net
old-rng path proctitle root_dir sw vm watch"""

ENCODED: Final = frozenset(_ENCODED.split())
"""Fields that hold hexadecimal where they are not quoted; so are those of EXECVE."""

TYPES: Final[Mapping[str, str]] = {
    "1006": "LOGIN",
    "1100": "USER_AUTH",
    "1101": "USER_ACCT",
    "1103": "CRED_ACQ",
    "1104": "CRED_DISP",
    "1105": "USER_START",
    "1106": "USER_END",
    "1107": "USER_AVC",
    "1108": "USER_CHAUTHTOK",
    "1110": "CRED_REFR",
    "1112": "USER_LOGIN",
    "1113": "USER_LOGOUT",
    "1114": "ADD_USER",
    "1115": "DEL_USER",
    "1116": "ADD_GROUP",
    "1117": "DEL_GROUP",
    "1123": "USER_CMD",
    "1124": "USER_TTY",
    "1127": "SYSTEM_BOOT",
    "1128": "SYSTEM_SHUTDOWN",
    "1130": "SERVICE_START",
    "1131": "SERVICE_STOP",
    "1200": "DAEMON_START",
    "1201": "DAEMON_END",
    "1300": "SYSCALL",
    "1302": "PATH",
    "1303": "IPC",
    "1304": "SOCKETCALL",
    "1305": "CONFIG_CHANGE",
    "1306": "SOCKADDR",
    "1307": "CWD",
    "1309": "EXECVE",
    "1311": "IPC_SET_PERM",
    "1317": "FD_PAIR",
    "1318": "OBJ_PID",
    "1319": "TTY",
    "1320": "EOE",
    "1321": "BPRM_FCAPS",
    "1322": "CAPSET",
    "1323": "MMAP",
    "1325": "NETFILTER_CFG",
    "1326": "SECCOMP",
    "1327": "PROCTITLE",
    "1330": "KERN_MODULE",
    "1331": "FANOTIFY",
    "1334": "BPF",
    "1336": "URINGOP",
    "1337": "OPENAT2",
    "1400": "AVC",
    "1700": "ANOM_PROMISCUOUS",
    "1701": "ANOM_ABEND",
}
"""Number of a record type, as syslog spells it -> its name."""

_X86_64: Final = """0 read 1 write 2 open 3 close 9 mmap 10 mprotect 13 rt_sigaction
14 rt_sigprocmask 16 ioctl 21 access 23 select 41 socket 42 connect 43 accept 44 sendto
45 recvfrom 46 sendmsg 47 recvmsg 49 bind 50 listen 54 setsockopt 56 clone 57 fork 58 vfork
59 execve 60 exit 62 kill 63 uname 76 truncate 77 ftruncate 80 chdir 82 rename 83 mkdir 84 rmdir
85 creat 86 link 87 unlink 88 symlink 90 chmod 91 fchmod 92 chown 93 fchown 94 lchown 99 sysinfo
101 ptrace 103 syslog 105 setuid 106 setgid 113 setreuid 114 setregid 117 setresuid 119 setresgid
123 setfsgid 122 setfsuid 126 capset 132 utime 133 mknod 135 personality 155 pivot_root 157 prctl
159 adjtimex 160 setrlimit 161 chroot 163 acct 164 settimeofday 165 mount 166 umount2 167 swapon
168 swapoff 169 reboot 170 sethostname 171 setdomainname 175 init_module 176 delete_module
188 setxattr 189 lsetxattr 190 fsetxattr 197 removexattr 198 lremovexattr 199 fremovexattr
227 clock_settime 235 utimes 246 kexec_load 250 keyctl 257 openat 258 mkdirat 259 mknodat
260 fchownat 261 futimesat 263 unlinkat 264 renameat 265 linkat 266 symlinkat 268 fchmodat
272 unshare 280 utimensat 285 fallocate 288 accept4 298 perf_event_open 303 name_to_handle_at
304 open_by_handle_at 308 setns 310 process_vm_readv 311 process_vm_writev 313 finit_module
316 renameat2 317 seccomp 319 memfd_create 320 kexec_file_load 321 bpf 322 execveat 323 userfaultfd
329 pkey_mprotect 425 io_uring_setup 435 clone3 437 openat2 438 pidfd_getfd"""

_AARCH64: Final = """5 setxattr 6 lsetxattr 7 fsetxattr 14 removexattr 29 ioctl 33 mknodat
34 mkdirat
35 unlinkat 36 symlinkat 37 linkat 38 renameat 39 umount2 40 mount 41 pivot_root 45 truncate
46 ftruncate 47 fallocate 49 chdir 51 chroot 52 fchmod 53 fchmodat 54 fchownat 55 fchown 56 openat
57 close 63 read 64 write 88 utimensat 89 acct 90 capget 91 capset 92 personality 93 exit 97 unshare
104 kexec_load 105 init_module 106 delete_module 112 clock_settime 116 syslog 117 ptrace 129 kill
134 rt_sigaction 135 rt_sigprocmask 142 reboot 143 setregid 144 setgid 145 setreuid 146 setuid
147 setresuid 149 setresgid 160 uname 161 sethostname 162 setdomainname 167 prctl 170 settimeofday
171 adjtimex 179 sysinfo 198 socket 200 bind 201 listen 202 accept 203 connect 206 sendto
207 recvfrom 208 setsockopt 211 sendmsg 212 recvmsg 219 keyctl 220 clone 221 execve 222 mmap
226 mprotect 241 perf_event_open 242 accept4 265 open_by_handle_at 268 setns 270 process_vm_readv
271 process_vm_writev 273 finit_module 276 renameat2 277 seccomp 279 memfd_create 280 bpf
281 execveat 282 userfaultfd 294 kexec_file_load 435 clone3 437 openat2 438 pidfd_getfd"""

_I386: Final = """1 exit 2 fork 3 read 4 write 5 open 6 close 8 creat 9 link 10 unlink 11 execve
12 chdir 14 mknod 15 chmod 21 mount 26 ptrace 37 kill 38 rename 39 mkdir 40 rmdir 61 chroot
83 symlink 88 reboot 102 socketcall 103 syslog 116 sysinfo 120 clone 122 uname 125 mprotect
128 init_module 129 delete_module 136 personality 172 prctl 190 vfork 192 mmap2 295 openat
350 finit_module 356 memfd_create 357 bpf 358 execveat 359 socket 362 connect"""


def _table(text: str) -> dict[str, str]:
    words = text.split()
    return dict(zip(words[::2], words[1::2], strict=True))


SYSCALLS: Final[Mapping[str, Mapping[str, str]]] = {
    "c000003e": _table(_X86_64),
    "c00000b7": _table(_AARCH64),
    "40000003": _table(_I386),
    "x86_64": _table(_X86_64),
    "aarch64": _table(_AARCH64),
    "i386": _table(_I386),
}
"""``arch`` -> number of a system call -> its name, for those that change something."""
