using System.Numerics;

namespace FastKv.Engine.Clients;

// Data plane while there is a limit on what clients take. How much all of them take, and how many are of which size: sums that all loops share without a lock.
// Clients are sorted by size into buckets, one per doubling, so that the largest are found without comparing all.
//
//   bucket     0         1           2           ...  18
//   bytes      < 64 KiB  64–128 KiB  128–256 KiB      8 GiB and more
//
// Bytes and buckets are two words, so their order matters to who looks at them meanwhile. The bytes that a client takes more come after it stands in the
// bucket it grew into; the bytes that go do so before it has left its bucket. So everybody whose bytes are in the sum stands in a bucket, at least until the sum
// changes: who finds it exceeded, then looks at the buckets, and then finds it unchanged has seen the largest. That it is unchanged is sure because each change
// counts:
//
//   63                  16 15      0
//   | bytes of all        | changes |
//
//   Move   O(1)      LargestBucket, TryEvict   O(buckets)

/// <summary>What all clients take together, and how many there are of each size. Any thread.</summary>
internal sealed class ClientSizes
{
    /// <summary>In no bucket.</summary>
    public const int NoBucket = -1;

    private const int Buckets = 19;
    private const int FirstBucketBits = 15;
    private const int ChangesBits = 16;
    private const long ChangesMask = (1 << ChangesBits) - 1;

    private readonly int[] _counts = new int[Buckets];
    private long _total;
    private long _limitBytes;

    /// <summary>What all may take together, bytes; 0: as much as they like.</summary>
    public long LimitBytes => Volatile.Read(ref _limitBytes);

    /// <summary>Whether they take that, or more.</summary>
    public bool IsExceeded => IsTooMuch(Volatile.Read(ref _total));

    /// <summary>The bucket of the largest; negative: nobody is in any.</summary>
    public int LargestBucket
    {
        get
        {
            int bucket = Buckets - 1;
            while (bucket >= 0 && Volatile.Read(ref _counts[bucket]) == 0)
                bucket--;
            return bucket;
        }
    }

    /// <summary>The bucket of so many bytes.</summary>
    public static int BucketOf(long bytes) => Math.Clamp(BitOperations.Log2((ulong)bytes) - FirstBucketBits, 0, Buckets - 1);

    /// <summary>Sets the limit; what it was.</summary>
    public long Limit(long bytes) => Interlocked.Exchange(ref _limitBytes, bytes);

    /// <summary>A client takes so much more, and goes from one bucket to another.</summary>
    /// <param name="bytes">How much more; negative: less.</param>
    /// <param name="from">The bucket it is in; negative: none.</param>
    /// <param name="to">The one in which it will be; negative: none.</param>
    public void Move(long bytes, int from, int to)
    {
        if (bytes < 0)
            Add(bytes);
        if (from != to)
        {
            // In two buckets for a moment, rather than in none.
            if (to >= 0)
                Interlocked.Increment(ref _counts[to]);
            if (from >= 0)
                Interlocked.Decrement(ref _counts[from]);
        }
        if (bytes > 0)
            Add(bytes);
    }

    /// <summary>
    /// A client has been found that is to go: takes it out if nobody is larger and the limit is exceeded at this instant. Others may have sent a larger one
    /// away since the search began, or do so now, and its bytes may be enough.
    /// </summary>
    /// <param name="bytes">What it counts for.</param>
    /// <param name="bucket">Where it is.</param>
    /// <returns>False: it may stay, or another search will tell.</returns>
    public bool TryEvict(long bytes, int bucket)
    {
        while (true)
        {
            long total = Volatile.Read(ref _total);
            if (!IsTooMuch(total) || LargestBucket != bucket)
                return false;
            if (Interlocked.CompareExchange(ref _total, Changed(total, -bytes), total) != total)
                continue;
            Interlocked.Decrement(ref _counts[bucket]);
            return true;
        }
    }

    private static long Changed(long total, long bytes) => (((total >> ChangesBits) + bytes) << ChangesBits) | ((total + 1) & ChangesMask);

    private void Add(long bytes)
    {
        long total = Volatile.Read(ref _total), before;
        do
        {
            before = total;
            total = Interlocked.CompareExchange(ref _total, Changed(before, bytes), before);
        }
        while (total != before);
    }

    private bool IsTooMuch(long total) => LimitBytes is var limit && limit != 0 && total >> ChangesBits >= limit;
}
