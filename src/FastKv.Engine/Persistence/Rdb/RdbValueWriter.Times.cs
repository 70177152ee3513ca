using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Rdb;

// Small hashes whose fields expire. Redis 7.4 keeps them in the order of their times, those without at the end, and takes a file's order for that: so they
// are sorted here. O(n log n), n being small.
internal sealed unsafe partial class RdbValueWriter
{
    private void WriteHashListpackWithTimes(ref NativeBuffer output)
    {
        const int timeElementBytes = 10;
        CompactValue.Bytes(_entry.Block, out int length);
        long count = HashValue.Count(_entry);
        long listpackBytes = length + (count * timeElementBytes) + ListpackCheck.RedisHeaderBytes + 1;
        long placesBytes = count * sizeof(TimedField);
        byte* scratch = Scratch(placesBytes + listpackBytes);
        var places = new Span<TimedField>(scratch, checked((int)count));
        int filled = 0;
        var fields = new HashCursor(_entry);
        while (fields.MoveNext())
            places[filled++] = new TimedField { ExpiryMs = fields.ExpiryMs == 0 ? long.MaxValue : fields.ExpiryMs, Element = fields.Element };
        places.Sort(static (left, right) => left.ExpiryMs.CompareTo(right.ExpiryMs));

        byte* listpack = scratch + placesBytes;
        byte* at = listpack + ListpackCheck.RedisHeaderBytes;
        foreach (ref readonly TimedField field in places)
        {
            long bytes = Listpack.Next(Listpack.Next(field.Element)) - field.Element;
            Buffer.MemoryCopy(field.Element, at, bytes, bytes);
            at += bytes;
            at += Listpack.Encode(at, field.ExpiryMs == long.MaxValue ? 0 : field.ExpiryMs);
        }
        long total = at + 1 - listpack;
        WriteListpackFrame(listpack, total, 3 * count);
        long least = count == 0 || places[0].ExpiryMs == long.MaxValue ? 0 : places[0].ExpiryMs;
        RdbOutput.Int64(ref output, least);
        RdbOutput.String(ref output, new ReadOnlySpan<byte>(listpack, checked((int)total)), Compressor);
    }

    private struct TimedField
    {
        public long ExpiryMs;
        public byte* Element;
    }
}
