/* LD_PRELOAD: the Nth call of one kind that a program makes after main() began fails, whoever makes it: the
 * program, the C library, SQLite, libFLAC.
 *
 *   NTH_KIND  alloc, open, read, write, fsync, rename, link, unlink, mkdir, truncate
 *   NTH       which one; 0: none
 *   NTH_LAST  the last one that fails (default: NTH)
 *   NTH_LOG   a file, made anew: u64 calls there were; then, of each call, a hash of the stack it came from (0: more than
 *             LOGGED), so that a driver tries each place in the program once. The stack of the call that failed: NTH_LOG.stack
 *   NTH_COARSE  hash the program's own part of the stack alone: a place is where it calls a library
 *
 * Allocations are intercepted by name. The other kinds are system calls, trapped by a seccomp filter, because the C library makes
 * its own without a name (stdio, opendir). The filter lets pass what comes from raw() alone. Read and write
 * count on regular files and standard output; pipes, sockets and eventfds are the program's own affair. */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define LOGGED (1 << 20)
#define DEPTH 32

/* ---- a system call from one known place ---- */

extern const char moim_raw_after[] __attribute__((visibility("hidden")));

#if defined __x86_64__
#define ARCH AUDIT_ARCH_X86_64
static __attribute__((noinline, noclone)) long raw(long n, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
    long rc;
    __asm__ volatile("syscall\n.hidden moim_raw_after\n.globl moim_raw_after\nmoim_raw_after:"
                     : "=a"(rc)
                     : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return rc;
}
#define ARG(u, i)                                                                                            \
    ((long)(u)->uc_mcontext.gregs[(int[]){REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9}[i]])
#define RESULT(u) ((u)->uc_mcontext.gregs[REG_RAX])
#elif defined __aarch64__
#define ARCH AUDIT_ARCH_AARCH64
static __attribute__((noinline, noclone)) long raw(long n, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = n, x0 __asm__("x0") = a, x1 __asm__("x1") = b, x2 __asm__("x2") = c,
                     x3 __asm__("x3") = d, x4 __asm__("x4") = e, x5 __asm__("x5") = f;
    __asm__ volatile("svc 0\n.hidden moim_raw_after\n.globl moim_raw_after\nmoim_raw_after:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#define ARG(u, i) ((long)(u)->uc_mcontext.regs[i])
#define RESULT(u) ((u)->uc_mcontext.regs[0])
#endif

/* ---- the kinds ---- */

static const struct kind {
    const char *name;
    int error;
    bool by_fd;
    long calls[5]; /* -1 ends */
} kinds[] = {
    {"alloc", ENOMEM, false, {-1}},
#ifdef SYS_open
    {"open", EIO, false, {SYS_openat, SYS_open, -1}},
    {"rename", EIO, false, {SYS_renameat2, SYS_renameat, SYS_rename, -1}},
    {"link", EIO, false, {SYS_linkat, SYS_link, -1}},
    {"unlink", EIO, false, {SYS_unlinkat, SYS_unlink, SYS_rmdir, -1}},
    {"mkdir", EIO, false, {SYS_mkdirat, SYS_mkdir, SYS_mknodat, SYS_mknod, -1}},
#else
    {"open", EIO, false, {SYS_openat, -1}},
    {"rename", EIO, false, {SYS_renameat2, SYS_renameat, -1}},
    {"link", EIO, false, {SYS_linkat, -1}},
    {"unlink", EIO, false, {SYS_unlinkat, -1}},
    {"mkdir", EIO, false, {SYS_mkdirat, SYS_mknodat, -1}},
#endif
    {"read", EIO, true, {SYS_read, SYS_pread64, SYS_readv, SYS_preadv, -1}},
    {"write", ENOSPC, true, {SYS_write, SYS_pwrite64, SYS_writev, SYS_pwritev, -1}},
    {"fsync", EIO, false, {SYS_fsync, SYS_fdatasync, -1}},
    {"truncate", EIO, false, {SYS_ftruncate, SYS_truncate, -1}},
};

static const struct kind *kind;
static uint64_t first, last;
static const char *log_path;
static uintptr_t program, program_end; /* with NTH_COARSE: where the program's code lies */
static _Atomic uint64_t calls;
static uint64_t *log_book;
static _Thread_local bool inside;

/* The stack of the call that fails, to be read with addr2line. */
static void tell(void *const *stack, int n)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.stack", log_path);
    int fd = (int)raw(SYS_openat, AT_FDCWD, (long)path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600, 0, 0);
    if (fd < 0) return;
    for (int i = 0; i < n; i++) {
        Dl_info where;
        char line[4200];
        if (!dladdr(stack[i], &where) || !where.dli_fname) continue;
        int len = snprintf(line, sizeof line, "%s 0x%zx\n", where.dli_fname,
                           (size_t)((char *)stack[i] - (char *)where.dli_fbase) - 1);
        raw(SYS_write, fd, (long)line, len, 0, 0, 0);
    }
    raw(SYS_close, fd, 0, 0, 0, 0, 0);
}

/* The program comes first. */
static int find_program(struct dl_phdr_info *info, size_t size, void *arg)
{
    (void)size, (void)arg;
    program = info->dlpi_addr;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *h = &info->dlpi_phdr[i];
        if (h->p_type == PT_LOAD) program_end = info->dlpi_addr + h->p_vaddr + h->p_memsz;
    }
    return 1;
}

static uint64_t hash_of(void *const *stack, int depth)
{
    uint64_t hash = 14695981039346656037u;
    for (int i = 2; i < depth; i++) {
        uintptr_t at = (uintptr_t)stack[i];
        if (!program_end || (at >= program && at < program_end)) hash = (hash ^ at) * 1099511628211u;
    }
    return hash;
}

/* Counts this call; true when it is one that fails. */
static bool hit(void)
{
    if (inside) return false;
    inside = true;
    uint64_t n = atomic_fetch_add(&calls, 1) + 1;
    bool fails = n >= first && n <= last;
    if (log_book) {
        void *stack[DEPTH];
        int depth = !first || n == first ? backtrace(stack, DEPTH) : 0;
        log_book[0] = n;
        if (n < LOGGED) log_book[n] = hash_of(stack, depth);
        if (n == first) tell(stack, depth);
    }
    inside = false;
    return fails;
}

/* ---- allocations ---- */

static bool alloc_fails(void)
{
    if (!kind || kind->error != ENOMEM || !hit()) return false;
    errno = ENOMEM;
    return true;
}

/* What dlsym allocates before the real functions are known. */
static char early[8192] __attribute__((aligned(16)));
static size_t early_used;
static void *early_calloc(size_t n)
{
    void *p = early + early_used;
    early_used += (n + 15) / 16 * 16;
    return early_used <= sizeof early ? p : NULL;
}

static void *(*real_malloc)(size_t), *(*real_calloc)(size_t, size_t), *(*real_realloc)(void *, size_t);
static void (*real_free)(void *);
static bool finding;

static void find_real(void)
{
    if (finding) return;
    finding = true;
    void *m = dlsym(RTLD_NEXT, "malloc"), *c = dlsym(RTLD_NEXT, "calloc"), *r = dlsym(RTLD_NEXT, "realloc"),
         *f = dlsym(RTLD_NEXT, "free");
    memcpy(&real_calloc, &c, sizeof c);
    memcpy(&real_realloc, &r, sizeof r);
    memcpy(&real_free, &f, sizeof f);
    memcpy(&real_malloc, &m, sizeof m);
}

void *malloc(size_t n)
{
    if (!real_malloc) find_real();
    if (!real_malloc) return early_calloc(n);
    return alloc_fails() ? NULL : real_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (!real_malloc) find_real();
    if (!real_malloc) return early_calloc(n * size);
    return alloc_fails() ? NULL : real_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (!real_malloc) find_real();
    return alloc_fails() ? NULL : real_realloc(p, n);
}

void free(void *p)
{
    if ((char *)p >= early && (char *)p < early + sizeof early) return;
    if (!real_malloc) find_real();
    real_free(p);
}

#define ALIGNED(type, name, failed, params, ...)                                                             \
    type name params                                                                                         \
    {                                                                                                        \
        type(*f) params;                                                                                     \
        void *sym = dlsym(RTLD_NEXT, #name);                                                                 \
        memcpy(&f, &sym, sizeof f);                                                                          \
        return alloc_fails() ? (failed) : f(__VA_ARGS__);                                                    \
    }
ALIGNED(int, posix_memalign, ENOMEM, (void **p, size_t to, size_t n), p, to, n)
ALIGNED(void *, aligned_alloc, NULL, (size_t to, size_t n), to, n)
ALIGNED(void *, memalign, NULL, (size_t to, size_t n), to, n)

/* ---- system calls ---- */

static bool counts_fd(int fd)
{
    struct stat st;
    if (fd == STDERR_FILENO) return false;
    if (fd == STDOUT_FILENO) return true;
    return !raw(SYS_newfstatat, fd, (long)"", (long)&st, AT_EMPTY_PATH, 0, 0) && S_ISREG(st.st_mode);
}

static void trapped(int sig, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    int saved = errno;
    (void)sig;
    if ((!kind->by_fd || counts_fd((int)ARG(u, 0))) && hit())
        RESULT(u) = -kind->error;
    else
        RESULT(u) = raw(info->si_syscall, ARG(u, 0), ARG(u, 1), ARG(u, 2), ARG(u, 3), ARG(u, 4), ARG(u, 5));
    errno = saved;
}

static void trap(void)
{
    struct sock_filter f[32] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(uintptr_t)moim_raw_after, 0, 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)((uint64_t)(uintptr_t)moim_raw_after >> 32), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    unsigned short n = 9;
    for (const long *c = kind->calls; *c >= 0; c++) {
        f[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)*c, 0, 1);
        f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
    }
    f[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sigaction act = {.sa_sigaction = trapped, .sa_flags = SA_SIGINFO | SA_NODEFER};
    struct sock_fprog prog = {n, f};
    if (sigaction(SIGSYS, &act, NULL) || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog)) {
        perror("nth_fault: seccomp");
        _exit(99);
    }
}

/* The program's own masks leave SIGSYS alone. */
#define MASK(name)                                                                                           \
    int name(int how, const sigset_t *set, sigset_t *old)                                                    \
    {                                                                                                        \
        int (*f)(int, const sigset_t *, sigset_t *);                                                         \
        void *sym = dlsym(RTLD_NEXT, #name);                                                                 \
        memcpy(&f, &sym, sizeof f);                                                                          \
        sigset_t less;                                                                                       \
        if (set) less = *set;                                                                                \
        if (set && how != SIG_UNBLOCK) sigdelset(&less, SIGSYS);                                             \
        return f(how, set ? &less : NULL, old);                                                              \
    }
MASK(sigprocmask)
MASK(pthread_sigmask)

/* ---- main() begins ---- */

static void arm(void)
{
    const char *want = getenv("NTH_KIND");
    const struct kind *k = NULL;
    for (size_t i = 0; want && i < sizeof kinds / sizeof *kinds; i++)
        if (!strcmp(kinds[i].name, want)) k = &kinds[i];
    if (!k) return;
    first = strtoull(getenv("NTH") ? getenv("NTH") : "0", NULL, 10);
    last = getenv("NTH_LAST") ? strtoull(getenv("NTH_LAST"), NULL, 10) : first;
    log_path = getenv("NTH_LOG");
    if (getenv("NTH_COARSE")) dl_iterate_phdr(find_program, NULL);
    int fd = log_path ? open(log_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
    if (fd >= 0 && !ftruncate(fd, LOGGED * 8)) {
        void *p = mmap(NULL, LOGGED * 8, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (p != MAP_FAILED) log_book = p;
    }
    if (fd >= 0) close(fd);
    void *warm[DEPTH]; /* its first call loads a library */
    backtrace(warm, DEPTH);
    unsetenv("LD_PRELOAD"); /* this program, not those that it starts */
    kind = k;
    if (k->calls[0] >= 0) trap();
}

static int (*real_main)(int, char **, char **);
static int armed_main(int argc, char **argv, char **envp)
{
    arm();
    return real_main(argc, argv, envp);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
                      void (*fini)(void), void (*rtld_fini)(void), void *stack_end)
{
    int (*f)(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void),
             void *);
    void *sym = dlsym(RTLD_NEXT, "__libc_start_main");
    memcpy(&f, &sym, sizeof f);
    real_main = main;
    return f(armed_main, argc, argv, init, fini, rtld_fini, stack_end);
}
