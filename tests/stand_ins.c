/* Harmless programs, one odd trait each: they do what its name says, print "ready" and wait. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
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
    usleep(200000);
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
