using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Structures;

namespace FastKv.Engine.Commands.Server;

/// <summary>What OBJECT, MEMORY USAGE and DEBUG say about an entry in Redis's terms. Control plane; every member is O(1).</summary>
internal static unsafe class ValueFacts
{
    /// <summary>Redis's count for objects that it shares.</summary>
    public const int SharedReferences = int.MaxValue;

    /// <summary>Redis shares the integers from 0 to 9999 as long as no policy needs each key's own access time.</summary>
    private const long SharedIntegers = 10_000;

    /// <summary>The key's share of the table: about 7.4 bytes whatever the number of keys (see ExtendibleTable).</summary>
    private const long TableBytesPerKey = 8;

    /// <summary>OBJECT REFCOUNT: no value is shared here, but clients may know which ones are in Redis.</summary>
    public static int ReferencesOf(EntryRef entry, ServerOptions options)
    {
        bool isShared = entry.Encoding == ValueEncoding.Int && StringEntry.TryGetInteger(entry.Block, out long value) && value is >= 0 and < SharedIntegers;
        bool mayShare = options.MaxMemory == 0 || options.MaxMemoryPolicy is not (MaxMemoryPolicy.AllKeysLru or MaxMemoryPolicy.AllKeysLfu
            or MaxMemoryPolicy.VolatileLru or MaxMemoryPolicy.VolatileLfu);
        return isShared && mayShare ? SharedReferences : 1;
    }

    /// <summary>Heap bytes of entry and value, and the key's share of the table.</summary>
    public static long MemoryOf(ValueHeap values, EntryRef entry, long samples) => Values.MemoryBytes(values, entry, samples) + TableBytesPerKey;

    /// <summary>Bytes of the value in an RDB file that does not compress: integers in 1, 2 or 4 bytes, else a length and the bytes.</summary>
    public static long SerializedLengthOf(ValueHeap values, EntryRef entry)
    {
        if (entry.Encoding == ValueEncoding.Int && StringEntry.TryGetInteger(entry.Block, out long value))
        {
            if (value is >= sbyte.MinValue and <= sbyte.MaxValue)
                return 2;
            if (value is >= short.MinValue and <= short.MaxValue)
                return 3;
            if (value is >= int.MinValue and <= int.MaxValue)
                return 5;
        }
        if (entry.Type != Structures.ValueType.String)
            return Values.MemoryBytes(values, entry, samples: 0);
        long length = StringEntry.Length(entry.Block);
        return length + length switch { < 64 => 1, < 16384 => 2, <= uint.MaxValue => 5, _ => 9 };
    }
}
