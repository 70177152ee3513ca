// Data plane. Finds where a reply ends: for clients (load generator, tests) and for merging the replies of several shards.
//
// It looks at types and lengths only. A reply is a tree, but its end needs no stack: it is reached when no more items are awaited. A scalar settles
// one awaited item, an array of n settles itself and adds n; attributes add their pairs and settle nothing. So any nesting takes constant memory.
using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace FastKv.Protocol;

/// <summary>
/// Resumable scanner of one RESP2 or RESP3 reply after another. It keeps how far it has come, relative to the reply's start, which may move between
/// calls; so a list that arrives in pieces takes linear time.
/// </summary>
public unsafe struct RespReader
{
    /// <summary>More items than any reply in memory can have: a sum beyond it is malformed, and cannot overflow.</summary>
    private const long ItemsMax = 1L << 48;

    private const int HeaderCharsMax = 21;

    private const ushort LineEnd = '\r' | ('\n' << 8);

    /// <summary>Bytes of the current reply already scanned.</summary>
    private long _scanned;

    /// <summary>Items awaited minus one, so that a new reader awaits one.</summary>
    private long _awaitedMore;

    /// <summary>Length of the complete reply at <paramref name="start"/>, scanned from the start each time. O(headers in the reply).</summary>
    /// <param name="start">First byte of the reply.</param>
    /// <param name="end">Behind the last byte there is.</param>
    /// <returns>Its length in bytes (more than 0), 0 if it is not complete yet, -1 if it is malformed.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long TryMeasure(byte* start, byte* end)
    {
        // The replies of nearly all benchmarks: "+OK\r\n" and "$-1\r\n" have five bytes, ":1\r\n" four, short bulk strings a length of one or two digits.
        if (end - start >= 8)
        {
            ulong word = Unsafe.ReadUnaligned<ulong>(start);
            int size = BulkHeader.TryShort(word, out int length);
            if (size != 0)
            {
                long total = size + length + 2L;
                if (total > end - start)
                    return 0;
                return Unsafe.ReadUnaligned<ushort>(start + total - 2) == LineEnd ? total : -1;
            }
            if ((word & 0xFF_FFFF_FFFF) == ('+' | ('O' << 8) | ('K' << 16) | ((ulong)'\r' << 24) | ((ulong)'\n' << 32)))
                return 5;
        }
        RespReader reader = default;
        return reader.Measure(start, end);
    }

    /// <summary>
    /// Goes on scanning the reply at <paramref name="start"/>. After a complete reply the reader is ready for the next one, after a malformed one for nothing.
    /// </summary>
    /// <param name="start">First byte of the reply: the same byte as in the calls before, though it may have moved.</param>
    /// <param name="end">Behind the last byte there is.</param>
    /// <returns>The reply's length in bytes, 0 if it is not complete yet, -1 if it is malformed.</returns>
    public long Measure(byte* start, byte* end)
    {
        Debug.Assert(start + _scanned <= end, "bytes that were scanned have gone");
        byte* position = start + _scanned;
        long awaited = _awaitedMore + 1;
        while (awaited > 0)
        {
            byte* next = SkipItem(position, end, out long added);
            if (next == null)
            {
                if (added < 0)
                    return -1;
                _scanned = position - start;
                _awaitedMore = awaited - 1;
                return 0;
            }
            position = next;
            awaited += added;
            if (awaited > ItemsMax)
                return -1;
        }
        _scanned = 0;
        _awaitedMore = 0;
        return position - start;
    }

    /// <summary>
    /// Skips one scalar, or the header of an aggregate. Null if it is incomplete (<paramref name="added"/> is 0) or malformed (-1); else added is
    /// the change of the number of awaited items.
    /// </summary>
    private static byte* SkipItem(byte* position, byte* end, out long added)
    {
        added = 0;
        long available = end - position;
        if (available < 1)
            return null;
        switch (*position)
        {
            case (byte)'+' or (byte)'-' or (byte)'(' or (byte)',' or (byte)':' or (byte)'#' or (byte)'_':
                return SkipLine(position, end, out added);
            case (byte)'$' or (byte)'=' or (byte)'!':
                return SkipBulk(position, end, out added);
            case (byte)'*' or (byte)'~' or (byte)'>':
                return SkipAggregate(position, end, 1, -1, out added);
            case (byte)'%':
                return SkipAggregate(position, end, 2, -1, out added);
            case (byte)'|':
                return SkipAggregate(position, end, 2, 0, out added);
            default:
                added = -1;
                return null;
        }
    }

    private static byte* SkipLine(byte* position, byte* end, out long added)
    {
        added = 0;
        int searchable = (int)Math.Min(end - position, int.MaxValue);
        int found = new ReadOnlySpan<byte>(position, searchable).IndexOf((byte)'\r');
        if (found < 0 || position + found + 1 >= end)
            return null;
        added = -1;
        return position[found + 1] == '\n' ? position + found + 2 : null;
    }

    private static byte* SkipBulk(byte* position, byte* end, out long added)
    {
        byte* payload = ReadHeader(position, end, out long length, out added);
        if (payload == null)
            return null;
        if (length >= 0)
        {
            if (end - payload < length || end - payload - length < 2)
            {
                added = 0;
                return null;
            }
            payload += length;
            if (Unsafe.ReadUnaligned<ushort>(payload) != LineEnd)
            {
                added = -1;
                return null;
            }
            payload += 2;
        }
        added = -1;
        return payload;
    }

    private static byte* SkipAggregate(byte* position, byte* end, int itemsPerCount, int own, out long added)
    {
        byte* items = ReadHeader(position, end, out long count, out added);
        if (items == null)
            return null;
        if (count > ItemsMax / 2)
        {
            added = -1;
            return null;
        }
        added = own + (Math.Max(count, 0) * itemsPerCount);
        return items;
    }

    /// <summary>Reads type, number (-1 or more) and line end; null as in <see cref="SkipItem"/>.</summary>
    private static byte* ReadHeader(byte* position, byte* end, out long number, out long malformed)
    {
        number = 0;
        malformed = 0;
        byte* digits = position + 1;
        int searchable = (int)Math.Min(end - digits, HeaderCharsMax);
        int length = new ReadOnlySpan<byte>(digits, searchable).IndexOf((byte)'\r');
        if (length < 0)
        {
            malformed = searchable == HeaderCharsMax ? -1 : 0;
            return null;
        }
        if (digits + length + 1 >= end)
            return null;
        if (!NumberText.TryParseInt64(new ReadOnlySpan<byte>(digits, length), out number) || number < -1 || digits[length + 1] != '\n')
        {
            malformed = -1;
            return null;
        }
        return digits + length + 2;
    }
}
