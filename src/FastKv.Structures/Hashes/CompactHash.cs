using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane. A small hash: the content of a compact value.
//
//   Listpack     count | field value | field value | …
//   ListpackEx   count | next | field value expiry | field value expiry | …
//
//   next     no field expires before, in Unix ms; 0: none does
//   expiry   of the field before, in Unix ms; 0: it does not expire
//
// Times are elements of 10 bytes (64-bit integers, whatever their value), so that they can be changed in place.
//
//   find, put, remove     O(n)
//   next expiry           O(1)

/// <summary>Fields in a listpack, with times to live or without.</summary>
internal static unsafe class CompactHash
{
    private const int TimeElementBytes = 10;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool HasTimes(byte* entry) => new EntryRef(entry).Encoding == ValueEncoding.ListpackEx;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static long Count(byte* entry)
    {
        long elements = ListpackEntry.Count(entry);
        return HasTimes(entry) ? (elements - 1) / 3 : elements >> 1;
    }

    /// <summary>The first field, and the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* First(byte* entry, out byte* end)
    {
        byte* first = ListpackEntry.First(entry, out end);
        return HasTimes(entry) ? first + TimeElementBytes : first;
    }

    /// <summary>The field behind one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Next(byte* field, bool hasTimes)
    {
        byte* behind = Listpack.Next(Listpack.Next(field));
        return hasTimes ? behind + TimeElementBytes : behind;
    }

    /// <summary>A field's expiry in a hash that has times; 0: none.</summary>
    internal static long ExpiryOf(byte* field) => Unsafe.ReadUnaligned<long>(Listpack.Next(Listpack.Next(field)) + 1);

    internal static long NextExpiryMs(byte* entry) => Unsafe.ReadUnaligned<long>(ListpackEntry.First(entry, out _) + 1);

    internal static FieldPosition Find(byte* entry, ReadOnlySpan<byte> field, long nowMs)
    {
        byte* first = First(entry, out byte* end);
        bool hasTimes = HasTimes(entry);
        byte* at = Listpack.Find(first, end, field, hasTimes ? 3 : 2);
        return new FieldPosition(at, 0, hasTimes && at != null ? ExpiryOf(at) : 0, nowMs);
    }

    /// <summary>Adds a field (null position) or gives it another value; <paramref name="expiryMs"/> other than 0 only where there are times.</summary>
    internal static byte* Put(ValueHeap values, byte* entry, byte* at, ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long expiryMs)
    {
        byte* content = CompactValue.Bytes(entry, out int length);
        bool hasTimes = HasTimes(entry);
        int offset = at == null ? length : (int)(at - content);
        if (at != null)
            entry = ListpackEntry.Replace(values, entry, (int)(Listpack.Next(at) - content), value);
        else
        {
            entry = ListpackEntry.InsertPair(values, entry, length, field, value);
            if (hasTimes)
                entry = AppendTime(values, entry);
        }

        if (hasTimes)
            SetExpiry(entry, CompactValue.Bytes(entry, out _) + offset, expiryMs);
        return entry;
    }

    /// <summary>Changes the expiry of a field where there are times.</summary>
    internal static void SetExpiry(byte* entry, byte* field, long expiryMs)
    {
        WriteTime(Listpack.Next(Listpack.Next(field)), expiryMs);
        long next = NextExpiryMs(entry);
        if (expiryMs > 0 && (next == 0 || expiryMs < next))
            WriteTime(ListpackEntry.First(entry, out _), expiryMs);
    }

    internal static byte* Remove(ValueHeap values, byte* entry, byte* field) =>
        ListpackEntry.Delete(values, entry, (int)(field - CompactValue.Bytes(entry, out _)), HasTimes(entry) ? 3 : 2);

    /// <summary>Gives every field room for a time.</summary>
    internal static byte* AddTimes(ValueHeap values, byte* entry)
    {
        byte* field = First(entry, out byte* end);
        long count = Count(entry);
        var old = new EntryRef(entry);
        long length = end - field + Listpack.HeaderBytes + TimeElementBytes * (count + 1);
        byte* timed = CompactValue.Create(values.Heap, ValueType.Hash, ValueEncoding.ListpackEx, old.Key, checked((int)length), old.ExpiryMs, old.AccessClock);
        byte* to = CompactValue.Bytes(timed, out _);
        Unsafe.WriteUnaligned(to, (ushort)Math.Min(3 * count + 1, Listpack.CountUnknown));
        to += Listpack.HeaderBytes;
        WriteTime(to, 0);
        to += TimeElementBytes;
        while (field < end)
        {
            byte* next = Next(field, false);
            long bytes = next - field;
            Buffer.MemoryCopy(field, to, bytes, bytes);
            to += bytes;
            WriteTime(to, 0);
            to += TimeElementBytes;
            field = next;
        }

        CompactValue.Free(values.Heap, entry);
        return timed;
    }

    /// <summary>Removes all due fields, and finds out when the next one will be. O(n).</summary>
    internal static byte* RemoveDue<TVisitor>(ValueHeap values, byte* entry, long nowMs, ref TVisitor going, out long removed)
        where TVisitor : struct, IFieldVisitor
    {
        Span<byte> fieldScratch = stackalloc byte[Listpack.ScratchBytes], valueScratch = stackalloc byte[Listpack.ScratchBytes];
        removed = 0;
        long next = 0, kept = 0;
        byte* field = First(entry, out byte* end);
        byte* to = field;
        while (field < end)
        {
            byte* behind = Next(field, true);
            long expiryMs = ExpiryOf(field);
            if (expiryMs > 0 && expiryMs <= nowMs)
            {
                going.Visit(Listpack.Text(field, fieldScratch), Listpack.Text(Listpack.Next(field), valueScratch));
                removed++;
            }
            else
            {
                long bytes = behind - field;
                if (to != field)
                    Buffer.MemoryCopy(field, to, bytes, bytes);
                to += bytes;
                kept++;
                if (expiryMs > 0 && (next == 0 || expiryMs < next))
                    next = expiryMs;
            }

            field = behind;
        }

        byte* content = CompactValue.Bytes(entry, out _);
        WriteTime(content + Listpack.HeaderBytes, next);
        if (removed == 0)
            return entry;
        Unsafe.WriteUnaligned(content, (ushort)Math.Min(3 * kept + 1, Listpack.CountUnknown));
        return CompactValue.Resize(values.Heap, entry, (int)(to - content));
    }

    private static byte* AppendTime(ValueHeap values, byte* entry)
    {
        CompactValue.Bytes(entry, out int length);
        entry = ListpackEntry.Insert(values, entry, length, "9223372036854775807"u8);
        return entry;
    }

    internal static void WriteTime(byte* element, long milliseconds)
    {
        // The element of any 64-bit integer that needs all its bytes, with another number in it.
        Listpack.Encode(element, long.MaxValue);
        Unsafe.WriteUnaligned(element + 1, milliseconds);
    }
}
