namespace FastKv.Engine.Keyspace;

/// <summary>The 24 bits in each entry that say how recently it was used: seconds modulo 2^24 (LRU and OBJECT IDLETIME). Data plane.</summary>
internal static class AccessClock
{
    private const long Mask = 0xFF_FFFF;

    /// <summary>The clock's value at a time.</summary>
    public static uint At(long nowMs) => (uint)((nowMs / 1000) & Mask);

    /// <summary>Seconds since the last access.</summary>
    public static long IdleSeconds(uint clock, long nowMs) => ((nowMs / 1000) - clock) & Mask;
}
