using System.Runtime.InteropServices;

namespace FastKv.Memory;

// Control plane: the few kernel calls that hand memory out and take it back, and the kernel's randomness. All of them may fault or take a
// kernel lock, so none suppresses the GC transition.
internal static unsafe partial class Libc
{
    internal const int ProtNone = 0;
    internal const int ProtReadWrite = 1 | 2;
    internal const int MapPrivate = 0x02;
    internal const int MapAnonymous = 0x20;
    internal const int MapNoReserve = 0x4000;
    internal const int MadviseDontNeed = 4;
    internal const int MadviseHugePage = 14;
    internal const int MadviseNoHugePage = 15;
    internal const int MadviseCollapse = 25; // Linux 6.1
    internal const int Interrupted = 4; // EINTR

    internal static readonly nint MapFailed = -1;

    /// <summary>getrandom(2): fills the buffer, or a part of it when a signal comes.</summary>
    [LibraryImport("libc", EntryPoint = "getrandom", SetLastError = true)]
    internal static partial nint GetRandom(byte* buffer, nuint length, uint flags);

    /// <summary>malloc_trim(3): the free memory of all arenas goes back to the kernel.</summary>
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    internal static partial int MallocTrim(nuint pad);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    internal static partial nint MemoryMap(nint address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    internal static partial int MemoryUnmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    internal static partial int MemoryProtect(nint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    internal static partial int MemoryAdvise(nint address, nuint length, int advice);
}
