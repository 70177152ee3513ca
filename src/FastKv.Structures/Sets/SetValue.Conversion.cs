using System.Runtime.CompilerServices;

namespace FastKv.Structures;

// Data plane: from one encoding to the next. O(n), and at most as often as there are encodings.
public static unsafe partial class SetValue
{
    /// <summary>A longer listpack becomes a table whatever the configuration says, as in Redis.</summary>
    private const int ListpackBytesMax = 1 << 30;

    private const int ListpackIntegerBytesMax = 10;

    private static byte* ToListpack(ValueHeap values, byte* entry)
    {
        var old = new EntryRef(entry);
        byte* content = CompactValue.Bytes(entry, out int length);
        int count = IntSet.Count(content, length);
        int bytes = Listpack.HeaderBytes;
        for (int i = 0; i < count; i++)
            bytes += Listpack.EncodedBytes(IntSet.At(content, i));
        byte* created = CompactValue.Create(values.Heap, ValueType.Set, ValueEncoding.Listpack, old.Key, bytes, old.ExpiryMs, old.AccessClock);
        byte* to = CompactValue.Bytes(created, out _);
        Unsafe.WriteUnaligned(to, (ushort)Math.Min(count, Listpack.CountUnknown));
        to += Listpack.HeaderBytes;
        for (int i = 0; i < count; i++)
            to += Listpack.Encode(to, IntSet.At(content, i));
        CompactValue.Free(values.Heap, entry);
        return created;
    }

    private static byte* ToTable(ValueHeap values, byte* entry)
    {
        var old = new EntryRef(entry);
        byte* created = CreateTable(values, old.Key, old.ExpiryMs, old.AccessClock);
        AddAll(values, new EntryRef(created), old);
        CompactValue.Free(values.Heap, entry);
        return created;
    }

    // To an empty table.
    private static void AddAll(ValueHeap values, EntryRef to, EntryRef from)
    {
        var table = new SetTable(values, to);
        Span<byte> scratch = stackalloc byte[Listpack.ScratchBytes];
        var members = new SetIterator(from);
        while (members.MoveNext())
            table.AddNew(members.Text(scratch));
    }
}
