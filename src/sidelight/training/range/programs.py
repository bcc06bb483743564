"""The programs and libraries that run on the operator's hosts."""

from typing import Final

from sidelight.training.range.estate import Program, vendor, windows

_S = "System32\\"

SERVICES_EXE: Final = windows(_S + "services.exe", "Services and Controller app")
SVCHOST: Final = windows(_S + "svchost.exe", "Host Process for Windows Services")
LSASS: Final = windows(_S + "lsass.exe", "Local Security Authority Process")
WINLOGON: Final = windows(_S + "winlogon.exe", "Windows Logon Application", "WINLOGON.EXE")
USERINIT: Final = windows(_S + "userinit.exe", "Userinit Logon Application", "USERINIT.EXE")
EXPLORER: Final = windows("explorer.exe", "Windows Explorer", "EXPLORER.EXE")
CMD: Final = windows(_S + "cmd.exe", "Windows Command Processor", "Cmd.Exe")
CONHOST: Final = windows(_S + "conhost.exe", "Console Window Host", "CONHOST.EXE")
REG: Final = windows(_S + "reg.exe", "Registry Console Tool")
NETSH: Final = windows(_S + "netsh.exe", "Network Command Shell")
RUNDLL32: Final = windows(_S + "rundll32.exe", "Windows host process (Rundll32)", "RUNDLL32.EXE")
SCHTASKS: Final = windows(_S + "schtasks.exe", "Task Scheduler Configuration Tool")
MSTSC: Final = windows(_S + "mstsc.exe", "Remote Desktop Connection")
RDPCLIP: Final = windows(_S + "rdpclip.exe", "RDP Clipboard Monitor")
TASKHOSTW: Final = windows(_S + "taskhostw.exe", "Host Process for Windows Tasks")
BACKGROUND: Final = windows(_S + "backgroundTaskHost.exe", "Background Task Host")
WMIPRVSE: Final = windows(_S + "wbem\\WmiPrvSE.exe", "WMI Provider Host", "Wmiprvse.exe")
GPUPDATE: Final = windows(_S + "gpupdate.exe", "Microsoft® Group Policy Update Utility")
DEFRAG: Final = windows(_S + "Defrag.exe", "Disk Defragmenter Module")
MOUSO: Final = windows(_S + "MoUsoCoreWorker.exe", "MoUSO Core Worker Process")
SPOOLSV: Final = windows(_S + "spoolsv.exe", "Spooler SubSystem App")
DNS_SERVER: Final = windows(_S + "dns.exe", "Domain Name System (DNS) Server")
POWERSHELL: Final = windows(
    _S + "WindowsPowerShell\\v1.0\\powershell.exe", "Windows PowerShell", "PowerShell.EXE"
)
NOTEPAD: Final = windows(_S + "notepad.exe", "Notepad", "NOTEPAD.EXE")
CERTUTIL: Final = windows(_S + "certutil.exe", "CertUtil.exe", "CertUtil.exe")

_MS = "Microsoft Corporation"
_PF = "C:\\Program Files\\"

EDGE: Final = vendor(
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe", "Microsoft Edge", _MS,
    "125.0.2535.79", signer=_MS,
)  # fmt: skip
EDGE_DLL: Final = vendor(
    "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\125.0.2535.79\\msedge.dll",
    "Microsoft Edge", _MS, "125.0.2535.79", signer=_MS,
)  # fmt: skip
FIREFOX: Final = vendor(
    _PF + "Mozilla Firefox\\firefox.exe", "Firefox", "Mozilla Corporation", "126.0.1",
    signer="Mozilla Corporation",
)  # fmt: skip
FIREFOX_DLL: Final = vendor(
    _PF + "Mozilla Firefox\\mozglue.dll", "Firefox", "Mozilla Corporation", "126.0.1",
    signer="Mozilla Corporation",
)  # fmt: skip
_OFFICE = _PF + "Microsoft Office\\root\\Office16\\"


def _office(name: str, what: str, original: str) -> Program:
    return vendor(_OFFICE + name, what, _MS, "16.0.17531.20140", signer=_MS, original=original)


WORD: Final = _office("WINWORD.EXE", "Microsoft Word", "WinWord.exe")
EXCEL: Final = _office("EXCEL.EXE", "Microsoft Excel", "Excel.exe")
OUTLOOK: Final = _office("OUTLOOK.EXE", "Microsoft Outlook", "Outlook.exe")
OFFICE_DLLS: Final = (
    _office("mso40uiwin32client.dll", "Microsoft Office component", "mso40uiwin32client.dll"),
    _office("gfx.dll", "Microsoft Office component", "gfx.dll"),
    _office("outlrpc.dll", "Microsoft Office component", "outlrpc.dll"),
)

DEFENDER_PATH: Final = "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24050.7-0\\"


def _defender(name: str, what: str) -> Program:
    return vendor(
        DEFENDER_PATH + name, what, _MS, "4.18.24050.7", signer="Microsoft Windows Publisher"
    )


DEFENDER: Final = _defender("MsMpEng.exe", "Antimalware Service Executable")
DEFENDER_CLI: Final = _defender("MpCmdRun.exe", "Microsoft Malware Protection Command Line Utility")
DEFENDER_DLLS: Final = (
    _defender("MpClient.dll", "Client Interface"),
    _defender("MpSvc.dll", "Service Module"),
)

BACKUP: Final = vendor(
    _PF + "Ardent Backup\\ardagent.exe", "Ardent Backup Agent", "Ardent Systems Pte Ltd", "7.4.2",
    signer="Ardent Systems Pte Ltd",
)  # fmt: skip
BACKUP_DLLS: Final = tuple(
    vendor(
        _PF + f"Ardent Backup\\{name}", "Ardent Backup Agent", "Ardent Systems Pte Ltd", "7.4.2",
        signer="Ardent Systems Pte Ltd",
    )
    for name in ("ardcore.dll", "ardvss.dll", "ardnet.dll")
)  # fmt: skip

NETVIEW: Final = vendor(
    _PF + "NetView OSS\\NetView.Client.exe", "NetView OSS Client", "Pacific Mobile", "3.2.0.0"
)
NETVIEW_DLLS: Final = tuple(
    vendor(_PF + f"NetView OSS\\{name}", "NetView OSS Client", "Pacific Mobile", "3.2.0.0")
    for name in ("NetView.Core.dll", "NetView.Alarms.dll", "snmplib.dll", "NetView.Charts.dll")
)
RATER: Final = vendor("C:\\Rater\\rater.exe", "Tariff Rater", "Pacific Mobile", "1.9.4.0")
RATER_DLLS: Final = tuple(
    vendor(f"C:\\Rater\\{name}", "Tariff Rater", "Pacific Mobile", "1.9.4.0")
    for name in ("ratecore.dll", "cdrparse.dll")
)
PYTHON: Final = vendor(
    _PF + "Python311\\python.exe", "Python", "Python Software Foundation", "3.11.9",
    signer="Python Software Foundation",
)  # fmt: skip
PYTHON_DLLS: Final = tuple(
    vendor(_PF + f"Python311\\{name}", what, company, "3.11.9", signer="Python Software Foundation")
    for name, what, company in (
        ("python311.dll", "Python Core", "Python Software Foundation"),
        ("vcruntime140.dll", "Microsoft® C Runtime Library", _MS),
        ("DLLs\\_ssl.pyd", "Python Core", "Python Software Foundation"),
    )
)
PUTTY: Final = vendor(
    _PF + "PuTTY\\putty.exe", "SSH, Telnet, Rlogin, and SUPDUP client", "Simon Tatham", "0.81",
    signer="Simon Tatham", original="PuTTY",
)  # fmt: skip


def chatter(user: str, name: str, original: str = "") -> Program:
    """Give a file of the per-user chat program, which updates itself."""
    return vendor(
        f"C:\\Users\\{user}\\AppData\\Local\\Chatter\\{name}", "Chatter", "Chatter Software Ltd",
        "2.18.4", signer="Chatter Software Ltd", original=original,
    )  # fmt: skip


def _library(name: str, what: str = "Windows library") -> Program:
    return windows(_S + name, what)


COMMON_DLLS: Final = tuple(
    _library(name)
    for name in (
        "ntdll.dll", "kernel32.dll", "KernelBase.dll", "user32.dll", "advapi32.dll", "combase.dll",
        "sechost.dll", "rpcrt4.dll", "bcrypt.dll", "crypt32.dll", "ws2_32.dll", "winhttp.dll",
        "uxtheme.dll", "propsys.dll", "cryptbase.dll", "msvcp_win.dll", "dwmapi.dll",
    )
)  # fmt: skip
CLR_DLLS: Final = (
    vendor(
        "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\clr.dll",
        "Microsoft .NET Runtime Common Language Runtime - WorkStation", _MS, "4.8.9241.0",
        signer=_MS,
    ),
    vendor(
        "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\clrjit.dll",
        "Microsoft .NET Runtime Just-In-Time Compiler", _MS, "4.8.9241.0", signer=_MS,
    ),
)  # fmt: skip
