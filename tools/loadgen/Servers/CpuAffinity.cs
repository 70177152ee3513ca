// Which cores a thread may run on. Control plane.
using System.Runtime.InteropServices;
using FastKv.LoadGen.Load;

namespace FastKv.LoadGen.Servers;

/// <summary>Pins threads (sched_setaffinity(2)). A process started by a pinned thread inherits its cores.</summary>
internal static unsafe partial class CpuAffinity
{
    private const int MaskBytes = 128;

    /// <summary>The cores that the calling thread may use.</summary>
    public static int[] OfCurrentThread()
    {
        byte* mask = stackalloc byte[MaskBytes];
        if (sched_getaffinity(0, MaskBytes, mask) < 0)
            throw new LoadException($"sched_getaffinity: {Marshal.GetLastPInvokeErrorMessage()}");
        var cores = new List<int>();
        for (int core = 0; core < MaskBytes * 8; core++)
        {
            if ((mask[core >> 3] >> (core & 7) & 1) != 0)
                cores.Add(core);
        }
        return [.. cores];
    }

    /// <summary>Pins the calling thread.</summary>
    /// <exception cref="LoadException">There is no such core.</exception>
    public static void PinCurrentThread(int[] cores) => Pin(0, cores);

    /// <summary>Pins all threads that a process has now.</summary>
    /// <exception cref="LoadException">There is no such core or process, or no right to do this.</exception>
    public static void PinProcess(int processId, int[] cores)
    {
        foreach (string task in Directory.GetDirectories($"/proc/{processId}/task"))
            Pin(int.Parse(Path.GetFileName(task)), cores);
    }

    private static void Pin(int threadId, int[] cores)
    {
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        foreach (int core in cores)
        {
            if (core is < 0 or >= MaskBytes * 8)
                throw new LoadException($"There is no core {core}");
            mask[core >> 3] |= (byte)(1 << (core & 7));
        }
        if (sched_setaffinity(threadId, MaskBytes, mask) != 0)
            throw new LoadException($"Pinning to core {string.Join(',', cores)}: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int pid, nuint size, byte* mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int pid, nuint size, byte* mask);
}
