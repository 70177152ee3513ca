using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Keyspace;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;

namespace FastKv.Tests.Persistence;

/// <summary>The partitions of a server that is not started, on guarded heaps; files go to a folder of its own, past faults that a test may set.</summary>
internal sealed unsafe class InProcessServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public InProcessServer(int shards, bool isGuarded = true)
    {
        Files = new FileFaults(_folder.Path);
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, $"shards {shards}\nport 0\ndebug-heap {(isGuarded ? "yes" : "no")}\n");
        Server = new FastKvServer(config, log, null, null, Files);
    }

    public FastKvServer Server { get; }

    public FileFaults Files { get; }

    public string Folder => _folder.Path;

    public string File => _folder.File;

    /// <summary>Sets a string in a database.</summary>
    public void Set(string name, string value, int database = 0)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(name);
        fixed (byte* start = bytes)
        {
            var routing = Server.Partitions[0].Routing;
            var key = new Key(start, bytes.Length, routing.Hash(start, bytes.Length));
            Server.Partitions[routing.ShardOf(key)].Databases[database].SetString(key, System.Text.Encoding.Latin1.GetBytes(value));
        }
    }

    public string Digest()
    {
        byte[] digest = new byte[20];
        Engine.Persistence.DatasetDigest.OfAll(Server.Partitions, digest);
        return Convert.ToHexString(digest);
    }

    public long UsedBytes => Server.Partitions.Sum(partition => partition.Heap.UsedBytes);

    public void Dispose()
    {
        foreach (var partition in Server.Partitions)
            partition.Dispose();
        _folder.Dispose();
    }
}
