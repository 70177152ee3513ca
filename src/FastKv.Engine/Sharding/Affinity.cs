using System.Runtime.InteropServices;

namespace FastKv.Engine.Sharding;

/// <summary>Which threads run where, and which first: pins shards to cores (<c>pin-shards</c>). Control plane.</summary>
internal static unsafe partial class Affinity
{
    private const int MaskBytes = 128;
    private const int PriorityOfThread = 0; // PRIO_PROCESS, which on Linux is a thread
    private const int NiceOfUpkeep = 10;

    /// <summary>Pins the calling thread to the n-th core (modulo their number) of those it may use.</summary>
    public static void PinThread(int n)
    {
        byte* allowed = stackalloc byte[MaskBytes];
        if (sched_getaffinity(0, MaskBytes, allowed) < 0)
            return;
        Span<int> cores = stackalloc int[MaskBytes * 8];
        int count = 0;
        for (int core = 0; core < MaskBytes * 8; core++)
        {
            if ((allowed[core >> 3] >> (core & 7) & 1) != 0)
                cores[count++] = core;
        }
        if (count == 0)
            return;
        int chosen = cores[n % count];
        byte* mask = stackalloc byte[MaskBytes];
        new Span<byte>(mask, MaskBytes).Clear();
        mask[chosen >> 3] = (byte)(1 << (chosen & 7));
        _ = sched_setaffinity(0, MaskBytes, mask);
    }

    /// <summary>Lets the calling thread yield its core to threads that serve clients: it gets a tenth of the time that they get, when they want it.</summary>
    public static void YieldToShards() => _ = setpriority(PriorityOfThread, 0, NiceOfUpkeep);

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int nice);

    [LibraryImport("libc")]
    private static partial int sched_getaffinity(int pid, nuint size, byte* mask);

    [LibraryImport("libc")]
    private static partial int sched_setaffinity(int pid, nuint size, byte* mask);
}
