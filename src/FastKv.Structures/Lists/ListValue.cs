using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

/// <summary>
/// Entries whose value is a list: as long as it has at most 256 bytes a listpack inside the entry (<see cref="ListpackEntry"/>), then a <c>QuickList</c>
/// behind a pointer. Data plane.
/// </summary>
/// <remarks>
/// The encoding of the entry ("listpack", "quicklist") follows Redis's rule, which knows other limits than the layout does: a list of 1 KiB has the layout of
/// a QuickList and the encoding "listpack". Methods that return an entry may have moved it. Values must not lie in the list that they are added to.
/// Complexities are in QuickList.cs.
/// </remarks>
public static unsafe partial class ListValue
{
    // A list that has shrunk this far returns into the entry; half of what made it leave.
    private const int ReturnBytesMax = CompactValue.InlineBytesMax / 2;

    /// <summary>Number of elements. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Count(EntryRef entry) => entry.IsPointer ? ListOf(entry)->Count : ListpackEntry.Count(entry.Block);

    /// <summary>Number of nodes of a list, and the bytes of all its elements. O(nodes).</summary>
    public static long NodeCount(EntryRef entry, out long bytes)
    {
        bytes = 0;
        if (!entry.IsPointer)
        {
            CompactValue.Bytes(entry.Block, out int length);
            bytes = length;
            return 1;
        }

        QuickList* list = ListOf(entry);
        for (int i = 0; i < list->NodeCount; i++)
            bytes += list->Head[i].Bytes;
        return list->NodeCount;
    }

    /// <summary>The elements of a node of a list (one in its entry has one node), for writing it down. O(1).</summary>
    /// <param name="entry">The list.</param>
    /// <param name="index">Of the node, below <see cref="NodeCountOf"/>.</param>
    /// <param name="first">Where its elements start.</param>
    /// <param name="bytes">Bytes of them.</param>
    /// <param name="count">How many; −1: so many that they would have to be counted.</param>
    public static void Node(EntryRef entry, int index, out byte* first, out int bytes, out long count)
    {
        if (entry.IsPointer)
        {
            QuickNode* node = ListOf(entry)->Head + index;
            first = node->First;
            bytes = node->Bytes;
            count = node->Count;
            return;
        }

        byte* content = CompactValue.Bytes(entry.Block, out int length);
        first = content + Listpack.HeaderBytes;
        bytes = length - Listpack.HeaderBytes;
        int known = Unsafe.ReadUnaligned<ushort>(content);
        count = known == Listpack.CountUnknown ? -1 : known;
    }

    /// <summary>Keeps the nodes of a list behind a pointer as they are, from the one with an index on, while the list changes. O(nodes).</summary>
    public static FrozenList* Freeze(ValueHeap values, EntryRef entry, int given) => FrozenList.Create(values.Heap, ListOf(entry), given);

    /// <summary>Number of nodes. O(1).</summary>
    public static int NodeCountOf(EntryRef entry) => entry.IsPointer ? ListOf(entry)->NodeCount : 1;

    /// <summary>A new list without elements, which the caller fills at once.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, long expiryMs = -1, uint clock = 0) =>
        ListpackEntry.Create(values, ValueType.List, ValueEncoding.Listpack, key, expiryMs, clock);

    /// <summary>A new list with one element.</summary>
    public static byte* Create(ValueHeap values, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiryMs = -1, uint clock = 0)
    {
        var element = new ListpackValue(value);
        int length = Listpack.HeaderBytes + element.Size;
        if (length > CompactValue.InlineBytesMax)
            return Push(values, Create(values, key, expiryMs, clock), value, atHead: false);
        byte* entry = CompactValue.Create(values.Heap, ValueType.List, ValueEncoding.Listpack, key, length, expiryMs, clock);
        byte* content = CompactValue.Bytes(entry, out _);
        Unsafe.WriteUnaligned<ushort>(content, 1);
        element.Write(content + Listpack.HeaderBytes);
        return entry;
    }

    /// <summary>Walks the elements from the head; the list must not change meanwhile.</summary>
    public static ListIterator Iterate(EntryRef entry)
    {
        if (!entry.IsPointer)
        {
            byte* first = ListpackEntry.First(entry.Block, out byte* end);
            return new ListIterator(first, end, backwards: false);
        }

        QuickList* list = ListOf(entry);
        return list->NodeCount == 0 ? default : new ListIterator(list->Head, list->Tail, list->Head->First, backwards: false);
    }

    /// <summary>
    /// Walks the elements from the one at <paramref name="index"/>, which there is, to the tail or to the head. O(distance from the nearer end).
    /// </summary>
    public static ListIterator IterateFrom(EntryRef entry, long index, bool backwards)
    {
        Debug.Assert(index >= 0 && index < Count(entry), "the caller has checked");
        if (!entry.IsPointer)
        {
            byte* content = CompactValue.Bytes(entry.Block, out int length);
            byte* element = Listpack.At(content, length, index);
            return backwards
                ? new ListIterator(Listpack.Next(element), content + Listpack.HeaderBytes, backwards: true)
                : new ListIterator(element, content + length, backwards: false);
        }

        QuickList* list = ListOf(entry);
        QuickNode* node = list->Seek(index, out long inside);
        byte* at = node->At(inside);
        return backwards
            ? new ListIterator(node, list->Head, Listpack.Next(at), backwards: true)
            : new ListIterator(node, list->Tail, at, backwards: false);
    }

    /// <summary>The first or the last element; null: there is none. O(1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* End(EntryRef entry, bool atHead)
    {
        byte* first;
        byte* end;
        if (entry.IsPointer)
        {
            QuickList* list = ListOf(entry);
            first = list->Head->First;
            end = list->Tail->Behind;
        }
        else
        {
            first = ListpackEntry.First(entry.Block, out end);
            if (first == end)
                return null;
        }

        return atHead ? first : Listpack.Previous(end);
    }

    /// <summary>The element at an index (negative: from the tail); null: there is none. O(distance from the nearer end).</summary>
    public static byte* At(EntryRef entry, long index) => TrySeek(entry, index, out ListPosition position) ? position.Element : null;

    /// <summary>Frees some of the value. One element (or block of a few) costs one unit of <paramref name="budget"/>.</summary>
    /// <returns>
    /// True: all is freed, the entry's block included. False: the budget is used up; to be called again with the same entry, which is in no table.
    /// </returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        var view = new EntryRef(entry);
        if (!view.IsPointer)
        {
            budget--;
            CompactValue.Free(values.Heap, entry);
            return true;
        }

        if (!QuickList.Free(values.Heap, ListOf(view), ref budget))
            return false;
        EntryBlock.Free(values.Heap, entry);
        return true;
    }

    /// <summary>About how many units of budget <see cref="Free"/> will take. O(1).</summary>
    public static long FreeEffort(EntryRef entry) => entry.IsPointer ? ListOf(entry)->NodeCount : 1;

    /// <summary>
    /// A copy under another key, perhaps in another shard's heap (COPY, RENAME between shards): same encoding, expiry and access clock. O(n).
    /// </summary>
    public static byte* Copy(ValueHeap from, ValueHeap to, byte* entry, ReadOnlySpan<byte> key)
    {
        var view = new EntryRef(entry);
        if (!view.IsPointer)
            return CompactValue.Copy(to.Heap, entry, key);
        var copy = (byte*)QuickList.Copy(to.Heap, ListOf(view));
        return EntryBlock.CreatePointer(to.Heap, ValueType.List, view.Encoding, key, copy, view.ExpiryMs, view.AccessClock);
    }

    /// <summary>Heap bytes of entry and value, estimated from <paramref name="samples"/> elements (0: all are looked at).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples) =>
        entry.IsPointer ? NativeHeap.UsableSize(entry.BlockBytes) + ListOf(entry)->MemoryBytes(samples) : CompactValue.MemoryBytes(entry.Block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static QuickList* ListOf(EntryRef entry) => (QuickList*)entry.Pointer;
}
