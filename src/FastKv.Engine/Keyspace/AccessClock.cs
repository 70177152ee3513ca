using System.Runtime.CompilerServices;

namespace FastKv.Engine.Keyspace;

/// <summary>The 24 bits in each entry that say how recently it was used: seconds modulo 2^24 (LRU and OBJECT IDLETIME). Data plane.</summary>
internal static class AccessClock
{
    private const int Mask = 0xFF_FFFF;

    /// <summary>The clock of an entry that has just been made.</summary>
    public static int Fresh(Partition partition) => (int)(partition.NowMs / 1000) & Mask;

    /// <summary>The clock after an access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Touch(int before, Partition partition) => partition.AccessSeconds;

    /// <summary>Seconds since the last access.</summary>
    public static long IdleSeconds(int clock, long nowMs) => ((nowMs / 1000) - clock) & Mask;
}
