using FastKv.Engine.Configuration;
using FastKv.Memory;

namespace FastKv.Engine.Keyspace;

/// <summary>
/// The 24 bits in each entry under an LFU policy: 16 bits of minutes, when the counter was brought up to date, and 8 bits of a counter that grows with the
/// logarithm of the accesses and shrinks with time. Data plane; O(1).
/// </summary>
/// <remarks>Source: https://redis.io/docs/latest/develop/reference/eviction/#the-new-lfu-mode and redis.conf on lfu-log-factor and lfu-decay-time.</remarks>
internal static class AccessFrequency
{
    /// <summary>A new key begins above 0, or it would be the first to be evicted.</summary>
    private const int InitialCounter = 5;

    private const int CounterBits = 8;
    private const int CounterMax = (1 << CounterBits) - 1;
    private const int MinutesMax = 0xFFFF;
    private const long MinuteMs = 60_000;

    /// <summary>The bits of a new entry.</summary>
    public static uint Initial(long nowMs) => Pack(nowMs, InitialCounter);

    /// <summary>The bits of an entry that comes with its counter.</summary>
    public static uint Of(long nowMs, int counter) => Pack(nowMs, counter);

    /// <summary>The bits after one more access.</summary>
    public static uint Touched(uint bits, long nowMs, ServerOptions options, ref RandomSource random)
    {
        int counter = CounterOf(bits, nowMs, options);

        // One in so many accesses counts; the more there were, the fewer.
        long rarity = (Math.Max(0, counter - InitialCounter) * (long)options.LfuLogFactor) + 1;
        if (counter < CounterMax && (rarity == 1 || random.Below(rarity) == 0))
            counter++;
        return Pack(nowMs, counter);
    }

    /// <summary>The counter now: one less for each <c>lfu-decay-time</c> minutes since it was brought up to date.</summary>
    public static int CounterOf(uint bits, long nowMs, ServerOptions options)
    {
        int counter = (int)bits & CounterMax;
        if (options.LfuDecayTime == 0)
            return counter;
        int since = (int)(bits >> CounterBits);
        int now = Minutes(nowMs);
        int elapsed = now >= since ? now - since : MinutesMax - since + now;
        return Math.Max(0, counter - (elapsed / options.LfuDecayTime));
    }

    private static uint Pack(long nowMs, int counter) => ((uint)Minutes(nowMs) << CounterBits) | (uint)counter;

    private static int Minutes(long nowMs) => (int)(nowMs / MinuteMs) & MinutesMax;
}
