using FastKv.Engine.Configuration.Parameters;
using FastKv.Structures;

namespace FastKv.Engine.Keyspace;

// Data plane. What eviction needs of a database: samples, taking a victim out, and moving entries within the heap.
internal sealed unsafe partial class Database
{
    /// <summary>The entries of a bucket drawn at random, which are being loaded; 0: there is none.</summary>
    public int Sample(Span<nint> entries) => _table.SampleBucket(ref _partition.Random, entries);

    /// <summary>Entries that expire; see <see cref="ExtendibleTable{TLayout}.SampleExpiring"/>.</summary>
    public ulong SampleExpiring(ulong position, int bucketsMax, Span<nint> entries, out int count) =>
        _table.SampleExpiring(position, bucketsMax, entries, out count);

    /// <summary>Whether the block is in the table under that hash; it is not looked at.</summary>
    public bool Refers(ulong hash, EntryRef entry) => _table.Refers(hash, entry.Block);

    /// <summary>The hash of an entry's key.</summary>
    public ulong HashOf(EntryRef entry)
    {
        var key = entry.Key;
        fixed (byte* bytes = key)
            return _partition.Routing.Hash(bytes, key.Length);
    }

    /// <summary>Removes a key because memory is short. Nothing that the dataset's changes are counted for: nobody has asked for it.</summary>
    public void Evict(EntryRef entry, ulong hash)
    {
        var name = entry.Key;
        fixed (byte* bytes = name)
        {
            var key = new Key(bytes, name.Length, hash);
            Unlink(key, entry);
            if (_partition.Journal.IsOn)
                _partition.Journal.NoteGone(Index, key, _partition.Options.LazyFreeLazyEviction);
            Notify(KeyspaceEvents.Evicted, "evicted"u8, key);
        }
        _partition.LazyFree.Free(entry);
        _partition.Statistics.EvictedKeys++;
    }

    /// <summary>Moves an entry to another block, if it is one of this table's; its value stays where it is when it is outside of the block.</summary>
    public bool TryMove(ulong hash, EntryRef entry)
    {
        if (!_table.Refers(hash, entry.Block))
            return false;
        long bytes = entry.BlockBytes;
        byte* moved = Heap.Allocate(bytes);
        Buffer.MemoryCopy(entry.Block, moved, bytes, bytes);
        _table.Replace(hash, entry.Block, moved);
        Heap.Free(entry.Block, bytes);
        return true;
    }
}
