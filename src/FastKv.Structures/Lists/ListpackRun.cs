namespace FastKv.Structures;

// Data plane. LREM inside a run of elements, one behind the other in memory.
internal static unsafe class ListpackRun
{
    /// <summary>How many elements are equal to a value. O(n).</summary>
    internal static long CountEqual(byte* from, byte* end, ReadOnlySpan<byte> value)
    {
        long count = 0;
        for (byte* found = Listpack.Find(from, end, value, 1); found != null; found = Listpack.Find(Listpack.Next(found), end, value, 1))
            count++;
        return count;
    }

    /// <summary>
    /// Deletes up to <paramref name="max"/> elements equal to a value, after <paramref name="skip"/> of them that stay; what stays is moved once. Returns how
    /// many; <paramref name="end"/> becomes the new end. O(bytes).
    /// </summary>
    internal static int RemoveEqual(byte* from, ref byte* end, ReadOnlySpan<byte> value, long skip, long max)
    {
        byte* at = from;
        byte* to = null;
        byte* kept = from;
        int removed = 0;
        while (removed < max)
        {
            byte* found = Listpack.Find(at, end, value, 1);
            if (found == null)
                break;
            at = Listpack.Next(found);
            if (skip > 0)
            {
                skip--;
                continue;
            }

            to = to == null ? found : Move(kept, found, to);
            kept = at;
            removed++;
        }

        if (to != null)
            end = Move(kept, end, to);
        return removed;
    }

    // Moves [from, end) down; returns the end of what was moved.
    private static byte* Move(byte* from, byte* end, byte* to)
    {
        long bytes = end - from;
        if (bytes > 0)
            Buffer.MemoryCopy(from, to, bytes, bytes);
        return to + bytes;
    }
}
