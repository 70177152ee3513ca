using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Commands.Generic;

/// <summary>The list, set or sorted set that SORT reads. Data plane.</summary>
internal static unsafe class SortSource
{
    /// <summary>Whether it can be sorted.</summary>
    public static bool IsSortable(EntryRef entry) => entry.Type is ValueType.List or ValueType.Set or ValueType.SortedSet;

    /// <summary>Number of elements. O(1).</summary>
    public static long Count(EntryRef entry) => entry.Type switch
    {
        ValueType.List => ListValue.Count(entry),
        ValueType.Set => SetValue.Count(entry),
        _ => SortedSetValue.Count(entry),
    };

    /// <summary>
    /// Collects elements in their own order from the place <paramref name="first"/> on. Texts that the value does not hold as such (integers) are copied.
    /// </summary>
    /// <param name="values">The value's shard.</param>
    /// <param name="entry">The value; null: nothing.</param>
    /// <param name="first">Place of the first that is wanted.</param>
    /// <param name="items">Where they go.</param>
    /// <param name="count">How many there are from there on, or fewer.</param>
    /// <param name="scratch">Where copies go.</param>
    public static void Collect(ValueHeap values, EntryRef entry, long first, SortItem* items, int count, ref SortScratch scratch)
    {
        if (count == 0)
            return;
        switch (entry.Type)
        {
            case ValueType.List:
                CollectList(entry, first, items, count, ref scratch);
                break;
            case ValueType.Set:
                CollectSet(values, entry, first, items, count, ref scratch);
                break;
            default:
                CollectSortedSet(values, entry, first, items, count, ref scratch);
                break;
        }
    }

    private static void CollectList(EntryRef entry, long first, SortItem* items, int count, ref SortScratch scratch)
    {
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        var iterator = ListValue.Iterate(entry);
        for (; first > 0 && iterator.MoveNext(); first--)
        {
        }
        for (int i = 0; i < count && iterator.MoveNext(); i++)
            Take(items + i, i, iterator.Text(integer), integer, ref scratch);
    }

    private static void CollectSet(ValueHeap values, EntryRef entry, long first, SortItem* items, int count, ref SortScratch scratch)
    {
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        var iterator = SetValue.Iterate(values, entry);
        for (; first > 0 && iterator.MoveNext(); first--)
        {
        }
        for (int i = 0; i < count && iterator.MoveNext(); i++)
            Take(items + i, i, iterator.Text(integer), integer, ref scratch);
    }

    private static void CollectSortedSet(ValueHeap values, EntryRef entry, long first, SortItem* items, int count, ref SortScratch scratch)
    {
        Span<byte> integer = stackalloc byte[Listpack.ScratchBytes];
        var iterator = SortedSetValue.FromRank(values, entry, first);
        for (int i = 0; i < count && iterator.MoveNext(); i++)
            Take(items + i, i, iterator.Member(integer), integer, ref scratch);
    }

    private static void Take(SortItem* item, int index, ReadOnlySpan<byte> text, Span<byte> integer, ref SortScratch scratch)
    {
        *item = new SortItem { Text = Keep(text, integer, ref scratch), Length = text.Length, Index = index };
    }

    /// <summary>The text where it is, or a copy if it stands in the buffer for integers.</summary>
    public static byte* Keep(ReadOnlySpan<byte> text, Span<byte> integer, ref SortScratch scratch) => text.Overlaps(integer)
        ? scratch.Copy(text)
        : (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));
}
