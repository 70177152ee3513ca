using FastKv.Engine.Keyspace;
using FastKv.Engine.Persistence.Snapshots;
using FastKv.Structures;

namespace FastKv.Engine.Persistence.Loading;

/// <summary>
/// All that a server had, put aside while a file is loaded in its place: if it cannot be loaded, nothing is lost. Meanwhile the memory holds both. Whoever uses
/// it holds all partitions. Control plane.
/// </summary>
internal sealed unsafe class DatasetAside
{
    private readonly Partition[] _partitions;
    private readonly DatabaseContent[][] _contents;
    private readonly List<byte[]> _functions;
    private readonly byte[][] _formerFunctions;

    private DatasetAside(Partition[] partitions, List<byte[]> functions)
    {
        _partitions = partitions;
        _functions = functions;
        _formerFunctions = [.. functions];
        _contents = Array.ConvertAll(partitions, partition => Array.ConvertAll(partition.Databases, database => database.PutAside()));
    }

    /// <summary>Empties the server. A snapshot that is active is brought to its end before.</summary>
    public static DatasetAside Take(FastKvServer server)
    {
        Snapshot.Drain(server.Partitions, server.Clock);
        return new DatasetAside(server.Partitions, server.Dataset.Functions);
    }

    /// <summary>What has been loaded goes, and what was there is there again. O(keys loaded).</summary>
    public void PutBack()
    {
        Each(static (database, content) => database.PutBack(content));
        _functions.Clear();
        _functions.AddRange(_formerFunctions);
    }

    /// <summary>What has been loaded stays, and what was there is freed. O(keys).</summary>
    public void Discard() => Each(static (database, content) => database.Discard(content));

    /// <summary>Whether some key that was there has been loaded, too. O(keys loaded).</summary>
    public bool HasLoadedKeys()
    {
        bool isShared = false;
        Each((database, content) =>
        {
            var visitor = new Visitor { Table = content.Table, Routing = database.Partition.Routing };
            ulong position = 0;
            do
                position = database.Scan(position, ref visitor);
            while (position != 0);
            isShared |= visitor.IsFound;
        });
        return isShared;
    }

    private void Each(Action<Database, DatabaseContent> action)
    {
        for (int i = 0; i < _partitions.Length; i++)
        {
            var databases = _partitions[i].Databases;
            for (int j = 0; j < databases.Length; j++)
                action(databases[j], _contents[i][j]);
            _partitions[i].LazyFree.Drain();
        }
    }

    private struct Visitor : IEntryVisitor
    {
        public ExtendibleTable<KeyEntryLayout> Table;
        public Routing Routing;
        public bool IsFound;

        public void Visit(byte* entry)
        {
            var name = new EntryRef(entry).Key;
            fixed (byte* bytes = name)
                IsFound |= Table.Find(Routing.Hash(bytes, name.Length), name) != null;
        }
    }
}
