"""Every mark: what it is called, what sort of thing it shows, where that is documented."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from sidelight.values import dataclass

Class: TypeAlias = Literal["memory", "sideload", "stealth", "remark"]
"""What a mark shows: code without a file, a library or program from where it should not come,
hiding, or nothing that is held against anybody."""


@dataclass(frozen=True, slots=True)
class Trait:
    """What a mark says of itself.

    Args:
        title: of a finding that it alone speaks for.
        cls: what it shows.
        technique: ATT&CK id; empty for a remark.
        defeated_by: how an intruder gets past it.
    """

    title: str
    cls: Class
    technique: str
    defeated_by: str = ""


def _of(cls: Class, technique: str, defeated_by: str, **titles: str) -> Mapping[str, Trait]:
    return {
        name.replace("_", "-"): Trait(title, cls, technique, defeated_by)
        for name, title in titles.items()
    }


TRAITS: Final[Mapping[str, Trait]] = {
    **_of(
        "memory", "T1620", "a file on disk that is deleted and put back before each look",
        memfd_program="A program that exists in memory only",
        deleted_program="A program that was deleted while it runs",
    ),
    **_of(
        "memory", "T1620", "code without the form of an ELF image",
        image_in_memory="An ELF image that no file holds",
        wiped_image_in_memory="An ELF image without its header that no file holds",
    ),
    **_of(
        "memory", "T1055", "a trusted runtime in the same process; code inside a mapped file",
        thread_in_memory="A thread in code that no file holds",
        executable_anonymous="Executable memory that no file holds",
        executable_heap="An executable heap",
        executable_stack="An executable stack",
        executable_shared="Executable shared memory that no file holds",
        executable_memfd="A library that exists in memory only",
        changed_code="Code that differs from its file",
        breakpoints="Breakpoints in code",
        return_in_memory="A thread that returns into code that no file holds",
    ),
    **_of(
        "memory", "T1574", "calls through other pointers than those that the loader fills",
        bent_call="A call that goes elsewhere than its name says",
    ),
    **_of(
        "sideload", "T1574", "a package database that was changed as well",
        setuid_library="A library of a setuid program that others may change",
        changed_file="A file that is not what its package put there",
    ),
    **_of(
        "memory", "T1620", "code without the form of a PE image",
        pe_in_memory="A PE image that no file holds",
        wiped_pe_in_memory="A PE image without the marks of its header that no file holds",
        imports_in_memory="A table of imports that belongs to no image",
        assembly_in_memory="An assembly of .NET in executable memory",
        pe_outside_modules="A PE image outside all modules, its protection unknown",
    ),
    **_of(
        "memory", "T1055", "code inside a mapped file; a trusted runtime in the same process",
        pe_unlisted="A PE image that is mapped and not listed",
        thread_started_in_memory="A thread that was started in code that no file holds",
        executable_private="Executable private memory",
    ),
    **_of(
        "memory", "T1055.012", "memory that is mapped from the very file before it is changed",
        module_not_of_file="A module in memory that is not that of its file",
    ),
    **_of(
        "memory", "T1055", "data instead of code; a module whose file is not at hand",
        module_rewritten="A module whose code was written over",
        module_patched="A module whose code was patched",
    ),
    **_of(
        "sideload", "T1574.006", "a library in a folder of the system that a package seems to own",
        preload="A library that is loaded before all others",
        preload_unnamed="A library that was loaded before all others, and nothing names it",
        preload_named="A library that was to be loaded before all others",
        preload_everywhere="A library that is loaded into every program",
        library_path="A library from an open folder that is searched first",
        library_in_memory_folder="A library in shared memory",
        library_in_open_folder="A library where everybody may write",
        library_name_of_system="A library with the name of one of the system",
        deleted_library="A library that was deleted while it is used",
        search_path="Libraries that are looked for where everybody may write",
        shadowing_library="A library with the name of one that a package owns",
        unowned_library="A library of the system that no package owns",
    ),
    **_of(
        "stealth", "T1036", "a name that no daemon has, a folder that nobody else may write",
        program_in_memory_folder="A program in shared memory",
        program_in_open_folder="A program where everybody may write",
        program_in_temporary_folder="A program in a folder for temporary files, where root writes",
        hidden_path="A program in a hidden folder",
        hidden_file="A program or library that listings of folders of the system leave out",
        kernel_thread_name="A program that calls itself a kernel thread",
        bracketed_name="A program with a name in brackets",
        daemon_name="A program that calls itself a daemon",
    ),
    **_of(
        "stealth", "T1218", "any other program that runs what it is given",
        run_by_loader="A program that was given to the dynamic loader",
    ),
    **_of(
        "stealth", "T1564", "a kernel that lies to every view",
        hidden_process="A process that not every view of the host shows",
    ),
    **_of(
        "stealth", "T1014", "a table of calls that is whole, and functions that are changed",
        system_call_redirected="System calls that the kernel does not serve itself",
    ),
    **_of(
        "stealth", "T1205.002", "a kernel module, or BPF programs that are no socket filters",
        packet_socket="A packet socket in a program that has no trade in it",
        packet_socket_code="Code in arguments that opens a packet socket",
        packet_socket_without_holder="A packet socket that no process holds",
    ),
    **_of(
        "remark", "", "",
        restart_needed="Files were replaced by an upgrade",
        made_by_runtime="Memory that is not judged: a runtime makes code in it",
        thread_in_made_code="A thread in code that a runtime made",
        seen_once="Only one look showed it",
        pe_as_data="PE images in memory that cannot run",
    ),
}  # fmt: skip
"""By the id of the mark."""
