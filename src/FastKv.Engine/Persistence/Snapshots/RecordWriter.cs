using FastKv.Memory;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Snapshots;

// Data plane. What a snapshot makes of a key, in slices: Begin takes the entry, each Continue appends about as many bytes as it is told, until all is written.
// Between two slices the entry must not change: whoever is about to change it calls Finish, or Freeze. Records do not interleave, others may follow.
//
//   RdbRecordWriter       a record of an RDB file
//   CommandRecordWriter   commands that make the key

/// <summary>Writes keys, one at a time. Whoever runs the partition uses it.</summary>
internal abstract class RecordWriter : IDisposable
{
    /// <summary>Records that follow are of that database. O(1).</summary>
    public abstract void WriteSelect(ref NativeBuffer output, int database);

    /// <summary>Begins with an entry, expiry included. O(1), O(n) for a hash whose fields expire.</summary>
    public abstract void Begin(ref NativeBuffer output, ValueHeap values, EntryRef entry);

    /// <summary>Appends bytes until about <paramref name="bytesMax"/> more are there, or the record ends.</summary>
    /// <returns>True: the record is complete.</returns>
    public abstract bool Continue(ref NativeBuffer output, long bytesMax);

    /// <summary>Appends all that is left of the record.</summary>
    public abstract void Finish(ref NativeBuffer output);

    /// <summary>
    /// Passes what is left of the value to a record that bears changes of it. O(1) for strings, hashes, sets and sorted sets, O(nodes) for lists,
    /// O(groups + consumers) for streams.
    /// </summary>
    /// <param name="output">Gets what the value has begun with.</param>
    /// <returns>Null: it is a value that is not large, or too far advanced, and to be finished.</returns>
    public abstract FrozenRecord? Freeze(ref NativeBuffer output);

    /// <summary>Forgets the entry.</summary>
    public abstract void Abandon();

    /// <summary>Frees the memory; it may be used again.</summary>
    public abstract void Dispose();
}
