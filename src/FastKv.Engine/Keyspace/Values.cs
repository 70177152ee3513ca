using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Engine.Keyspace;

/// <summary>What every data type can do, by the type of an entry: free, copy, measure. Data plane.</summary>
internal static unsafe class Values
{
    /// <summary>Frees some of an entry that is in no table; one element costs about one unit of <paramref name="budget"/>.</summary>
    /// <returns>True: all is freed.</returns>
    public static bool Free(ValueHeap values, byte* entry, ref int budget)
    {
        var view = new EntryRef(entry);
        if (!view.IsPointer)
        {
            // Strings and compact values: a block, and perhaps a buffer.
            StringEntry.Free(values.Heap, entry);
            budget--;
            return true;
        }
        return view.Type switch
        {
            ValueType.List => ListValue.Free(values, entry, ref budget),
            ValueType.Set => SetValue.Free(values, entry, ref budget),
            ValueType.SortedSet => SortedSetValue.Free(values, entry, ref budget),
            ValueType.Hash => HashValue.Free(values, entry, ref budget),
            _ => StreamValue.Free(values, entry, ref budget),
        };
    }

    /// <summary>About how many units of budget <see cref="Free"/> needs.</summary>
    public static long FreeEffort(EntryRef entry)
    {
        if (!entry.IsPointer)
            return 1;
        return entry.Type switch
        {
            ValueType.List => ListValue.FreeEffort(entry),
            ValueType.Set => SetValue.FreeEffort(entry),
            ValueType.SortedSet => SortedSetValue.FreeEffort(entry),
            ValueType.Hash => HashValue.FreeEffort(entry),
            _ => StreamValue.FreeEffort(entry),
        };
    }

    /// <summary>A copy under another key, perhaps on another shard. O(elements).</summary>
    public static EntryRef Copy(ValueHeap from, ValueHeap to, EntryRef entry, ReadOnlySpan<byte> key)
    {
        byte* copy = entry.Type switch
        {
            ValueType.String => StringEntry.Copy(to.Heap, entry.Block, key),
            _ when !entry.IsPointer => CompactValue.Copy(to.Heap, entry.Block, key),
            ValueType.List => ListValue.Copy(from, to, entry.Block, key),
            ValueType.Set => SetValue.Copy(from, to, entry.Block, key),
            ValueType.SortedSet => SortedSetValue.Copy(from, to, entry.Block, key),
            ValueType.Hash => HashValue.Copy(from, to, entry.Block, key),
            _ => StreamValue.Copy(from, to, entry.Block, key),
        };
        return new EntryRef(copy);
    }

    /// <summary>Heap bytes of entry and value; of large values estimated from <paramref name="samples"/> elements (0: all).</summary>
    public static long MemoryBytes(ValueHeap values, EntryRef entry, long samples)
    {
        if (!entry.IsPointer)
            return StringEntry.MemoryBytes(entry.Block);
        return entry.Type switch
        {
            ValueType.List => ListValue.MemoryBytes(values, entry, samples),
            ValueType.Set => SetValue.MemoryBytes(values, entry, samples),
            ValueType.SortedSet => SortedSetValue.MemoryBytes(values, entry, samples),
            ValueType.Hash => HashValue.MemoryBytes(values, entry, samples),
            _ => StreamValue.MemoryBytes(values, entry, samples),
        };
    }

    /// <summary>OBJECT ENCODING's name.</summary>
    public static ReadOnlySpan<byte> EncodingName(EntryRef entry) => EncodingName(entry.Encoding);

    /// <summary>OBJECT ENCODING's name.</summary>
    public static ReadOnlySpan<byte> EncodingName(ValueEncoding encoding) => encoding switch
    {
        ValueEncoding.Int => "int"u8,
        ValueEncoding.EmbeddedString => "embstr"u8,
        ValueEncoding.Raw => "raw"u8,
        ValueEncoding.Listpack => "listpack"u8,
        ValueEncoding.ListpackEx => "listpackex"u8,
        ValueEncoding.IntSet => "intset"u8,
        ValueEncoding.HashTable => "hashtable"u8,
        ValueEncoding.SkipList => "skiplist"u8,
        ValueEncoding.QuickList => "quicklist"u8,
        _ => "stream"u8,
    };
}
