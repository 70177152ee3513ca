using System.Diagnostics;
using System.Runtime.CompilerServices;
using FastKv.Memory;

namespace FastKv.Structures;

// What changes a list, and when it changes its layout and its encoding.
public static unsafe partial class ListValue
{
    /// <summary>Adds an element at the head or the tail. O(1).</summary>
    /// <returns>The entry.</returns>
    public static byte* Push(ValueHeap values, byte* entry, ReadOnlySpan<byte> value, bool atHead)
    {
        var view = new EntryRef(entry);
        var element = new ListpackValue(value);
        var limit = new ListNodeLimit(values.Limits.ListSize);
        NoteGrowth(view, element.TextLength, 1, limit);
        if (!view.IsPointer)
        {
            CompactValue.Bytes(entry, out int length);
            if (length + element.Size <= CompactValue.InlineBytesMax)
                return ListpackEntry.Insert(values, entry, atHead ? Listpack.HeaderBytes : length, element);
            entry = MoveOut(values.Heap, view, length + element.Size);
            view = new EntryRef(entry);
        }

        ListOf(view)->Push(values.Heap, element, atHead, limit);
        return entry;
    }

    /// <summary>
    /// Deletes elements at the head or the tail, which must be fewer than there are (a list without elements is the caller's to remove). O(count).
    /// </summary>
    /// <returns>The entry.</returns>
    public static byte* Drop(ValueHeap values, byte* entry, long count, bool atHead)
    {
        var view = new EntryRef(entry);
        Debug.Assert(count < Count(view), "the caller removes the list");
        if (view.IsPointer)
        {
            ListOf(view)->Drop(values.Heap, count, atHead);
            return Settle(values, view);
        }

        int offset = Listpack.HeaderBytes;
        if (!atHead)
        {
            byte* content = CompactValue.Bytes(entry, out int length);
            offset = (int)(Listpack.At(content, length, -count) - content);
        }

        return Settle(values, new EntryRef(ListpackEntry.Delete(values, entry, offset, (int)count)));
    }

    /// <summary>Where the element at an index is (negative: from the tail); false: there is none. O(distance from the nearer end).</summary>
    public static bool TrySeek(EntryRef entry, long index, out ListPosition position)
    {
        position = default;
        if (!entry.IsPointer)
        {
            byte* content = CompactValue.Bytes(entry.Block, out int length);
            byte* element = Listpack.At(content, length, index);
            if (element == null)
                return false;
            position = new ListPosition(0, (int)(element - content) - Listpack.HeaderBytes, element);
            return true;
        }

        QuickList* list = ListOf(entry);
        if (index < 0)
            index += list->Count;
        if ((ulong)index >= (ulong)list->Count)
            return false;
        QuickNode* node = list->Seek(index, out long inside);
        byte* at = node->At(inside);
        position = new ListPosition((int)(node - list->Head), (int)(at - node->First), at);
        return true;
    }

    /// <summary>Where the first element equal to a value is; false: there is none. O(n).</summary>
    public static bool TryFind(EntryRef entry, ReadOnlySpan<byte> value, out ListPosition position)
    {
        position = default;
        if (!entry.IsPointer)
        {
            byte* first = ListpackEntry.First(entry.Block, out byte* end);
            byte* element = Listpack.Find(first, end, value, 1);
            position = new ListPosition(0, (int)(element - first), element);
            return element != null;
        }

        QuickList* list = ListOf(entry);
        for (int i = 0; i < list->NodeCount; i++)
        {
            QuickNode* node = list->Head + i;
            byte* element = Listpack.Find(node->First, node->Behind, value, 1);
            if (element == null)
                continue;
            position = new ListPosition(i, (int)(element - node->First), element);
            return true;
        }

        return false;
    }

    /// <summary>Inserts an element before or behind another one. O(bytes of a node).</summary>
    /// <returns>The entry.</returns>
    public static byte* Insert(ValueHeap values, byte* entry, in ListPosition position, bool before, ReadOnlySpan<byte> value)
    {
        var view = new EntryRef(entry);
        var element = new ListpackValue(value);
        var limit = new ListNodeLimit(values.Limits.ListSize);
        int offset = before ? position.Offset : position.Offset + Listpack.SizeOf(position.Element);
        NoteGrowth(view, element.TextLength, 1, limit);
        if (!view.IsPointer)
        {
            CompactValue.Bytes(entry, out int length);
            if (length + element.Size <= CompactValue.InlineBytesMax)
                return ListpackEntry.Insert(values, entry, Listpack.HeaderBytes + offset, element);
            entry = MoveOut(values.Heap, view, length + element.Size);
            view = new EntryRef(entry);
        }

        ListOf(view)->InsertAt(values.Heap, position.Node, offset, element, limit);
        return entry;
    }

    /// <summary>Puts a value in the place of an element. O(bytes of a node).</summary>
    /// <returns>The entry.</returns>
    public static byte* Replace(ValueHeap values, byte* entry, in ListPosition position, ReadOnlySpan<byte> value)
    {
        var view = new EntryRef(entry);
        var element = new ListpackValue(value);
        var limit = new ListNodeLimit(values.Limits.ListSize);
        NoteGrowth(view, element.TextLength, 1, limit);
        if (!view.IsPointer)
        {
            CompactValue.Bytes(entry, out int length);
            int after = length - Listpack.SizeOf(position.Element) + element.Size;
            if (after <= CompactValue.InlineBytesMax)
                return Settle(values, new EntryRef(ListpackEntry.Replace(values, entry, Listpack.HeaderBytes + position.Offset, value)));
            entry = MoveOut(values.Heap, view, after);
            view = new EntryRef(entry);
        }

        ListOf(view)->ReplaceAt(values.Heap, position.Node, position.Offset, element, limit);
        return Settle(values, view);
    }

    /// <summary>
    /// Deletes elements equal to a value, at most <paramref name="max"/>, from the head on or from the tail on. The list may be without elements afterwards;
    /// the caller then removes it. O(n).
    /// </summary>
    /// <returns>The entry.</returns>
    public static byte* RemoveEqual(ValueHeap values, byte* entry, ReadOnlySpan<byte> value, long max, bool fromHead, out long removed)
    {
        var view = new EntryRef(entry);
        if (view.IsPointer)
        {
            removed = ListOf(view)->RemoveEqual(values.Heap, value, max, fromHead, new ListNodeLimit(values.Limits.ListSize));
            return removed == 0 ? entry : Settle(values, view);
        }

        byte* first = ListpackEntry.First(entry, out byte* end);
        long skip = fromHead ? 0 : Math.Max(0, ListpackRun.CountEqual(first, end, value) - max);
        removed = ListpackRun.RemoveEqual(first, ref end, value, skip, max);
        if (removed == 0)
            return entry;
        byte* content = first - Listpack.HeaderBytes;
        Unsafe.WriteUnaligned(content, (ushort)(Unsafe.ReadUnaligned<ushort>(content) - removed));
        return Settle(values, new EntryRef(CompactValue.Resize(values.Heap, entry, (int)(end - content))));
    }

    // Elements are about to be added: the encoding becomes "quicklist" where Redis's would.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void NoteGrowth(EntryRef entry, long bytes, long count, in ListNodeLimit limit)
    {
        if (entry.Encoding == ValueEncoding.Listpack && limit.EndsListpack(BytesOf(entry) + bytes, Count(entry) + count))
            entry.SetType(ValueType.List, ValueEncoding.QuickList);
    }

    // Bytes of elements, or too many to matter.
    private static long BytesOf(EntryRef entry)
    {
        if (entry.IsPointer)
        {
            QuickList* list = ListOf(entry);
            return list->NodeCount <= 1 ? list->Head->Bytes : int.MaxValue;
        }

        CompactValue.Bytes(entry.Block, out int length);
        return length - Listpack.HeaderBytes;
    }

    // After a list has become smaller: its encoding, a block for its only node that is not mostly empty, or no QuickList any more.
    private static byte* Settle(ValueHeap values, EntryRef entry)
    {
        if (entry.IsPointer && ListOf(entry)->NodeCount != 1)
            return entry.Block;
        if (entry.Encoding == ValueEncoding.QuickList && new ListNodeLimit(values.Limits.ListSize).ReturnsToListpack(BytesOf(entry), Count(entry)))
            entry.SetType(ValueType.List, ValueEncoding.Listpack);
        if (!entry.IsPointer)
            return entry.Block;
        QuickNode* node = ListOf(entry)->Head;
        if (node->Bytes <= ReturnBytesMax)
            return MoveIn(values.Heap, entry);
        if (node->Bytes < node->Capacity / 4)
        {
            ListOf(entry)->Own(values.Heap, node);
            node->Shrink(values.Heap);
        }
        return entry.Block;
    }

    // From the entry into a QuickList with room for some more.
    private static byte* MoveOut(NativeHeap heap, EntryRef entry, int bytes)
    {
        byte* first = ListpackEntry.First(entry.Block, out byte* end);
        int length = (int)(end - first);
        QuickList* list = QuickList.Create(heap);
        if (length > 0)
        {
            QuickNode* node = list->InsertNode(heap, 0);
            node->Create(heap, bytes + (bytes >> 1), forHead: false);
            Buffer.MemoryCopy(first, node->Data, length, length);
            node->End = length;
            list->Count = node->Count = (int)ListpackEntry.Count(entry.Block);
        }

        byte* moved = EntryBlock.CreatePointer(heap, ValueType.List, entry.Encoding, entry.Key, (byte*)list, entry.ExpiryMs, entry.AccessClock);
        CompactValue.Free(heap, entry.Block);
        return moved;
    }

    // From a QuickList of one small node into the entry.
    private static byte* MoveIn(NativeHeap heap, EntryRef entry)
    {
        QuickList* list = ListOf(entry);
        QuickNode* node = list->Head;
        int length = Listpack.HeaderBytes + node->Bytes;
        byte* moved = CompactValue.Create(heap, ValueType.List, entry.Encoding, entry.Key, length, entry.ExpiryMs, entry.AccessClock);
        byte* content = CompactValue.Bytes(moved, out _);
        Unsafe.WriteUnaligned(content, (ushort)node->Count);
        Buffer.MemoryCopy(node->First, content + Listpack.HeaderBytes, node->Bytes, node->Bytes);
        int budget = 1;
        QuickList.Free(heap, list, ref budget);
        EntryBlock.Free(heap, entry.Block);
        return moved;
    }
}
