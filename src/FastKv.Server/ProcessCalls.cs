// Calls to the C library for what a server process does to itself (control plane).
using System.Runtime.InteropServices;

namespace FastKv.Server;

/// <summary>Sessions, descriptors and limits of this process.</summary>
internal static partial class ProcessCalls
{
    internal const int StopSignal = 19;
    private const int InterruptSignal = 2;
    private const int OpenReadWrite = 2;
    private const int OpenFilesResource = 7;

    /// <summary>Leaves the controlling terminal.</summary>
    internal static void NewSession() => _ = setsid();

    /// <summary>
    /// Undoes "ignore SIGINT", which shells set for what they run in the background: the runtime would leave an ignored signal ignored.
    /// </summary>
    internal static void HeedInterrupt() => _ = signal(InterruptSignal, 0);

    /// <summary>Stops this process until something continues it.</summary>
    internal static void StopSelf() => _ = kill(Environment.ProcessId, StopSignal);

    /// <summary>Points descriptors at /dev/null.</summary>
    internal static void Silence(params ReadOnlySpan<int> descriptors)
    {
        int nothing = open("/dev/null\0"u8, OpenReadWrite, 0);
        if (nothing < 0)
            return;
        foreach (int descriptor in descriptors)
            _ = dup2(nothing, descriptor);
        if (nothing > 2)
            _ = close(nothing);
    }

    /// <summary>The soft and hard limit of open files; false when the system does not say.</summary>
    internal static bool TryGetOpenFilesLimit(out ulong soft, out ulong hard)
    {
        bool known = getrlimit(OpenFilesResource, out Limit limit) == 0;
        (soft, hard) = (limit.Soft, limit.Hard);
        return known;
    }

    /// <summary>Sets the limit of open files; returns the system's error text, or null.</summary>
    internal static string? SetOpenFilesLimit(ulong soft, ulong hard)
    {
        var limit = new Limit { Soft = soft, Hard = hard };
        return setrlimit(OpenFilesResource, in limit) == 0 ? null : Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setsid();

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int processId, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open(ReadOnlySpan<byte> path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrlimit(int resource, out Limit limit);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setrlimit(int resource, in Limit limit);
}
