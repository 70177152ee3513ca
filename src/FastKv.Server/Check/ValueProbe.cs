using FastKv.Engine.Commands.Server;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Rdb;
using FastKv.Memory;
using FastKv.Structures;
using ValueType = FastKv.Structures.ValueType;

namespace FastKv.Server.Check;

// Control plane. One value of a file at a time: it is made as a server would make it, which proves it sound and tells its type, encoding and size in the
// server's own words, and freed again.

/// <summary>What a value is once it is loaded.</summary>
/// <param name="Type">Its data type.</param>
/// <param name="Encoding">Its encoding, with default limits of compact encodings.</param>
/// <param name="Elements">Elements, or bytes of a string.</param>
/// <param name="MemoryBytes">What MEMORY USAGE says of all elements.</param>
internal readonly record struct ValueFigures(ValueType Type, ValueEncoding Encoding, long Elements, long MemoryBytes);

/// <summary>Reads values.</summary>
internal sealed unsafe class ValueProbe : IDisposable
{
    private const long KeptBytesMax = 1 << 24;
    private readonly ValueHeap _values;

    public ValueProbe() => _values = new ValueHeap(Heap, hashSeed: 0, new CompactLimits());

    /// <summary>Where values live while they are looked at.</summary>
    public NativeHeap Heap { get; } = new("check");

    /// <summary>
    /// Reads a value; false: see the input's fault. (<see cref="RdbFault.EmptyKey"/> is a collection without elements, which servers pass over, as the input
    /// has then.) O(bytes).
    /// </summary>
    /// <param name="input">Stands at the value; behind it afterwards.</param>
    /// <param name="type">Its type.</param>
    /// <param name="key">Its key.</param>
    /// <param name="expiryMs">Unix milliseconds; −1: none.</param>
    /// <param name="nowMs">Fields of hashes that are due at this time are left out.</param>
    /// <param name="figures">What it is.</param>
    public bool TryRead(ref RdbInput input, RdbType type, ReadOnlySpan<byte> key, long expiryMs, long nowMs, out ValueFigures figures)
    {
        figures = default;
        byte* start = input.At;
        byte* block = RdbValueReader.Read(_values, ref input, type, key, expiryMs, clock: 0, nowMs);
        if (block == null)
        {
            // The reader may stop where it sees that nothing will come.
            if (input.Fault == RdbFault.EmptyKey)
            {
                var whole = input with { At = start, Fault = RdbFault.None };
                input.At = RdbSkipper.TrySkipValue(ref whole, type) ? whole.At : input.At;
                if (whole.Fault != RdbFault.None)
                    input = whole;
            }
            return false;
        }
        var entry = new EntryRef(block);
        figures = new ValueFigures(entry.Type, entry.Encoding, ElementsOf(entry), ValueFacts.MemoryOf(_values, entry, samples: 0));
        bool isFreed;
        do
        {
            int budget = int.MaxValue;
            isFreed = Values.Free(_values, block, ref budget);
        }
        while (!isFreed);
        if (Heap.CommittedBytes > KeptBytesMax && figures.MemoryBytes > KeptBytesMax)
            Heap.Purge();
        return true;
    }

    public void Dispose() => Heap.Dispose();

    private static long ElementsOf(EntryRef entry) => entry.Type switch
    {
        ValueType.String => StringEntry.Length(entry.Block),
        ValueType.List => ListValue.Count(entry),
        ValueType.Set => SetValue.Count(entry),
        ValueType.SortedSet => SortedSetValue.Count(entry),
        ValueType.Hash => HashValue.Count(entry),
        _ => StreamValue.Count(entry),
    };
}
