using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FastKv.Engine.Sharding;

// Data plane. The global order of commands that span partitions (DESIGN 6, rule 1).
//
// A coordinator announces a lower bound of the number it is about to take, takes it, enqueues it everywhere, then withdraws the
// announcement. A shard that (1) reads Issued, (2) reads every announcement, (3) reads its ticket rings, in this order, knows of each
// number <= Issued: either its coordinator's announcement is still up (wait), or the number is visible in the rings.

/// <summary>Issues ticket numbers and holds the coordinators' announcements.</summary>
internal sealed class TicketCounter
{
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct PaddedLong
    {
        [FieldOffset(64)]
        public long Value;
    }

    private readonly PaddedLong[] _issued = new PaddedLong[1];
    private readonly PaddedLong[] _announced;

    public TicketCounter(int shardCount) => _announced = new PaddedLong[shardCount];

    /// <summary>The highest number taken. Pairs with the increment in <see cref="Take"/>.</summary>
    public long Issued
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Volatile.Read(ref _issued[0].Value);
    }

    /// <summary>Announces and takes the next number; the caller enqueues the ticket to every shard involved, then calls <see cref="Withdraw"/>.</summary>
    public long Take(int coordinator)
    {
        Volatile.Write(ref _announced[coordinator].Value, Issued + 1);

        // A full fence as well: the announcement is visible before the number exists.
        return Interlocked.Increment(ref _issued[0].Value);
    }

    /// <summary>Ends the announcement. The release store comes after the ring publishes, so whoever sees 0 sees the tickets.</summary>
    public void Withdraw(int coordinator) => Volatile.Write(ref _announced[coordinator].Value, 0);

    /// <summary>The smallest number that some coordinator may still be enqueueing; <see cref="long.MaxValue"/>: none.
    /// Acquire loads: rings are read after.</summary>
    public long EnqueueFloor()
    {
        long floor = long.MaxValue;
        for (int i = 0; i < _announced.Length; i++)
        {
            long value = Volatile.Read(ref _announced[i].Value);
            if (value != 0 && value < floor)
                floor = value;
        }
        return floor;
    }
}
