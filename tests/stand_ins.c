/* Harmless programs, one odd trait each: they do what its name says, print "ready" and wait. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

extern char **environ;
static const size_t PAGE = 4096;

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static void *anonymous(size_t size, int prot, int flags) {
    void *memory = mmap(0, size, prot, flags | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("mmap");
    return memory;
}

static char *content(const char *path, size_t *size) {
    int file = open(path, O_RDONLY);
    char *data = malloc(1 << 24);
    ssize_t got = read(file, data, 1 << 24);
    if (got <= 0) fail(path);
    close(file);
    *size = got;
    return data;
}

static int in_memory(const char *path) {
    size_t size;
    char *data = content(path, &size);
    int file = memfd_create("x", 0);
    if (write(file, data, size) != (ssize_t)size) fail("memfd");
    return file;
}

/* A library is laid out in memory as a loader would, and nothing of it is run. */
static void image(const char *path, int wipe) {
    size_t size;
    char *data = content(path, &size);
    Elf64_Ehdr *head = (Elf64_Ehdr *)data;
    Elf64_Phdr *parts = (Elf64_Phdr *)(data + head->e_phoff);
    char *memory = anonymous(64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    for (int i = 0; i < head->e_phnum; i++)
        if (parts[i].p_type == PT_LOAD)
            memcpy(memory + parts[i].p_vaddr, data + parts[i].p_offset, parts[i].p_filesz);
    for (int i = 0; i < head->e_phnum; i++)
        if (parts[i].p_type == PT_LOAD && parts[i].p_flags & PF_X)
            mprotect(memory + parts[i].p_vaddr / PAGE * PAGE, PAGE, PROT_READ | PROT_EXEC);
    if (wipe) memset(memory, 0, head->e_phoff + head->e_phnum * sizeof(Elf64_Phdr));
    free(data);
}

static void thread(void) {
#if defined(__x86_64__)
    unsigned char code[] = {0xb8, 34, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7}; /* pause, for ever */
#elif defined(__aarch64__)
    unsigned char code[] = {0x00, 0x00, 0x80, 0xd2, 0x01, 0x00, 0x80, 0xd2, 0x02, 0x00, 0x80,
                            0xd2, 0x03, 0x00, 0x80, 0xd2, 0x28, 0x09, 0x80, 0xd2, 0x01, 0x00,
                            0x00, 0xd4, 0xfa, 0xff, 0xff, 0x17}; /* ppoll of nothing */
#else
#error "no code for this machine"
#endif
    pthread_t id;
    char *memory = anonymous(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memcpy(memory, code, sizeof code);
    mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
    __builtin___clear_cache(memory, memory + PAGE);
    if (pthread_create(&id, 0, (void *(*)(void *))memory, 0)) fail("thread");
}

/* A thread waits in a function of libc that code in memory without a file called. */
static void caller(void) {
#if defined(__x86_64__)
    unsigned char code[24] = {0x48, 0x83, 0xec, 8, 0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0,
                              0xff, 0xd0, 0xeb, 0xf2};
    size_t hole = 6;
#elif defined(__aarch64__)
    unsigned char code[24] = {0x93, 0, 0, 0x58, 0x60, 2, 0x3f, 0xd6, 0xff, 0xff, 0xff, 0x17,
                              0x1f, 0x20, 3, 0xd5};
    size_t hole = 16;
#endif
    void *function = (void *)&pause;
    pthread_t id;
    char *memory = anonymous(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memcpy(memory, code, sizeof code);
    memcpy(memory + hole, &function, sizeof function);
    mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
    __builtin___clear_cache(memory, memory + PAGE);
    if (pthread_create(&id, 0, (void *(*)(void *))memory, 0)) fail("thread");
}

/* A thread that never waits, in memory without a file. */
static void spinner(void) {
#if defined(__x86_64__)
    unsigned char code[] = {0xf3, 0x90, 0xeb, 0xfc};
#elif defined(__aarch64__)
    unsigned char code[] = {0x00, 0x00, 0x00, 0x14};
#endif
    pthread_t id;
    char *memory = anonymous(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
    memcpy(memory, code, sizeof code);
    mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
    __builtin___clear_cache(memory, memory + PAGE);
    if (pthread_create(&id, 0, (void *(*)(void *))memory, 0)) fail("thread");
}

static void data_only(void) {
    int file = memfd_create("pulse", 0);
    if (ftruncate(file, 65536)) fail("ftruncate");
    mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    anonymous(65536, PROT_READ | PROT_WRITE, MAP_SHARED);
    int id = shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0600);
    shmat(id, 0, 0);
    shmctl(id, IPC_RMID, 0);
}

/* One byte of code that is never run is written again, and is another one. */
static void patch(void) {
    size_t place = (size_t)&data_only;
    char *page = (char *)(place / PAGE * PAGE);
    mprotect(page, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
    *(char *)place ^= 1;
    mprotect(page, 2 * PAGE, PROT_READ | PROT_EXEC);
}

/* The slot of a function that is called once and never again is given another address. */
static void bend(void *target) {
    size_t base = (size_t)((struct link_map *)dlopen(0, RTLD_NOW))->l_addr;
    Elf64_Sym *symbols = 0;
    Elf64_Rela *slots[2] = {0, 0}; /* of the procedure linkage table, and all others */
    char *names = 0;
    size_t size[2] = {0, 0};
    for (Elf64_Dyn *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
        size_t at = entry->d_un.d_ptr + (entry->d_un.d_ptr < base ? base : 0);
        if (entry->d_tag == DT_SYMTAB) symbols = (Elf64_Sym *)at;
        if (entry->d_tag == DT_STRTAB) names = (char *)at;
        if (entry->d_tag == DT_JMPREL) slots[0] = (Elf64_Rela *)at;
        if (entry->d_tag == DT_PLTRELSZ) size[0] = entry->d_un.d_val;
        if (entry->d_tag == DT_RELA) slots[1] = (Elf64_Rela *)at;
        if (entry->d_tag == DT_RELASZ) size[1] = entry->d_un.d_val;
    }
    for (size_t i = 0; i < (size[0] + size[1]) / sizeof **slots; i++) {
        size_t in_table = size[0] / sizeof **slots;
        Elf64_Rela *one = i < in_table ? slots[0] + i : slots[1] + (i - in_table);
        if (strcmp(names + symbols[ELF64_R_SYM(one->r_info)].st_name, "shmctl")) continue;
        char *slot = (char *)(base + one->r_offset);
        mprotect((void *)((size_t)slot / PAGE * PAGE), PAGE, PROT_READ | PROT_WRITE);
        *(void **)slot = target;
        return;
    }
    fail("no slot");
}

static void forget(void) {
    for (char **word = environ; *word; word++) memset(*word, 0, strlen(*word));
}

int main(int count, char **words) {
    const char *mode = count > 1 ? words[1] : "plain";
    const char *path = count > 2 ? words[2] : "";
    char local = 0;
    char *again[] = {"memory", "plain", 0};
    if (!strcmp(mode, "memfd")) fexecve(in_memory("/proc/self/exe"), again, environ);
    if (!strcmp(mode, "image")) image(path, 0);
    if (!strcmp(mode, "wiped-image")) image(path, 1);
    if (!strcmp(mode, "thread")) thread();
    if (!strcmp(mode, "data")) data_only();
    if (!strcmp(mode, "anonymous")) anonymous(PAGE, 7, MAP_PRIVATE);
    if (!strcmp(mode, "shared")) anonymous(PAGE, 7, MAP_SHARED);
    if (!strcmp(mode, "patch")) patch();
    if (!strcmp(mode, "forget")) forget();
    if (!strcmp(mode, "caller")) caller();
    if (!strcmp(mode, "spinner")) spinner();
    if (!strcmp(mode, "bend")) bend((void *)&forget);
    if (!strcmp(mode, "bend-to-library")) bend(dlsym(0, "puts"));
    if (!strcmp(mode, "bend-to-memory")) {
        char *memory = anonymous(PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE);
        memset(memory, 0, PAGE);
        mprotect(memory, PAGE, PROT_READ | PROT_EXEC);
        bend(memory);
    }
    if (!strcmp(mode, "sysv")) {
        int id = shmget(IPC_PRIVATE, 65536, IPC_CREAT | 0700);
        if (shmat(id, 0, SHM_EXEC) == (void *)-1) fail("shmat");
        shmctl(id, IPC_RMID, 0);
    }
    if (!strcmp(mode, "heap")) {
        char *end = sbrk(2 * PAGE);
        mprotect((void *)(((size_t)end + PAGE - 1) / PAGE * PAGE), PAGE, 7);
    }
    if (!strcmp(mode, "stack")) mprotect((void *)((size_t)&local / PAGE * PAGE), PAGE, 7);
    if (!strcmp(mode, "library") && !dlopen(path, RTLD_NOW)) fail(dlerror());
    if (!strcmp(mode, "memfd-library")) {
        char name[64];
        snprintf(name, sizeof name, "/proc/self/fd/%d", in_memory(path));
        if (!dlopen(name, RTLD_NOW)) fail(dlerror());
    }
    puts("ready");
    fflush(stdout);
    for (;;) pause();
}
