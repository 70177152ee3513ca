using System.Net;
using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A server of this process on guarded heaps, one shard unless the options say otherwise, whose snapshots (or other files) stop where the test wishes, and
/// fail if it wishes.
/// </summary>
internal sealed class HeldServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly HeldFiles _files;
    private readonly FastKvServer _server;
    private readonly int _port = FreePort.Next();

    /// <param name="options">Lines of a configuration.</param>
    /// <param name="held">Part of the names of the files that are held and fail.</param>
    /// <param name="files">Another file system, in which nothing is held; null: that which this server holds.</param>
    public HeldServer(string options = "", string held = "", IFileSystem? files = null)
    {
        _files = new HeldFiles(_folder.Path, held);
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, $"shards 1\nport {_port}\nsave \"\"\ndebug-heap yes\nenable-debug-command yes\n{options}\n");
        _server = new FastKvServer(config, log, null, null, files ?? _files);
        _ = _server.LoadAndStart();
    }

    /// <summary>Bytes of the shard's heap.</summary>
    public long UsedBytes => _server.Partitions[0].Heap.UsedBytes;

    /// <summary>Bytes that commands have waited for.</summary>
    public long PreservedBytes => _server.Partitions[0].Snapshot.PreservedBytes;

    /// <summary>Chunks of memory that the shard's snapshots have made.</summary>
    public long SnapshotChunksMade => _server.Partitions[0].Snapshot.Chunks.MadeTotal;

    public long FrozenTotal => _server.Partitions[0].Snapshot.FrozenTotal;

    /// <summary>The snapshot's file.</summary>
    public string File => _folder.File;

    /// <summary>Where all files are.</summary>
    public string Folder => _folder.Path;

    /// <summary>The error of every write; 0: none.</summary>
    public int Error
    {
        set => _files.Error = value;
    }

    /// <summary>How many fsyncs files have had whose names contain something.</summary>
    public int SyncsOf(string part) => _files.Syncs.Where(pair => pair.Key.Contains(part, StringComparison.Ordinal)).Sum(pair => pair.Value);

    public RespClient Connect() => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, _port));

    /// <summary>Snapshots write nothing until <see cref="LetGo"/>: they pause when 2 MiB wait.</summary>
    public void Hold() => _files.Gate.Reset();

    public void LetGo() => _files.Gate.Set();

    /// <summary>Waits until a snapshot that is held pauses, in the midst of what it writes.</summary>
    public void AwaitPause()
    {
        while (!Array.Exists(_server.Partitions, partition => partition.Snapshot.WaitsForDisk))
            Thread.Sleep(1);
    }

    /// <summary>Waits until INFO persistence has a line.</summary>
    public static void Await(RespClient client, string line)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (!client.Call("INFO", "persistence").Text.Contains(line + "\r\n", StringComparison.Ordinal))
        {
            if (watch.ElapsedMilliseconds > 60_000)
                throw new InvalidOperationException("still no " + line);
            Thread.Sleep(5);
        }
    }

    /// <summary>Waits for the end of a save; how it went by INFO.</summary>
    public static bool AwaitSave(RespClient client)
    {
        while (client.Call("INFO", "persistence").Text.Contains("rdb_bgsave_in_progress:1", StringComparison.Ordinal))
            Thread.Sleep(5);
        return client.Call("INFO", "persistence").Text.Contains("rdb_last_bgsave_status:ok", StringComparison.Ordinal);
    }

    /// <summary>Ends the server; what it has leaked fails the test.</summary>
    public void Dispose()
    {
        LetGo();

        // Native buffers are counted for the whole process, in which other tests have theirs; blocks are counted heap by heap.
        _server.Options.DebugHeap = false;
        _server.Dispose();
        _files.Gate.Dispose();
        _folder.Dispose();
    }

    private sealed class HeldFiles(string folder, string held) : PassingFiles(folder)
    {
        public ManualResetEventSlim Gate { get; } = new(initialState: true);

        public volatile int Error;

        public System.Collections.Concurrent.ConcurrentDictionary<string, int> Syncs { get; } = new();

        protected override IOutputFile Wrap(string path, IOutputFile file) =>
            new File(this, file, Path.GetFileName(path), Path.GetFileName(path).Contains(held, StringComparison.Ordinal));

        protected override IOutputFile Wrap(IOutputFile file) => new File(this, file, "", isHeld: true);

        private sealed class File(HeldFiles files, IOutputFile file, string name, bool isHeld) : IOutputFile
        {
            public int Write(ReadOnlySpan<byte> bytes, out int written)
            {
                if (!isHeld)
                    return file.Write(bytes, out written);
                files.Gate.Wait();
                written = 0;
                return files.Error != 0 ? files.Error : file.Write(bytes, out written);
            }

            public int Sync()
            {
                files.Syncs.AddOrUpdate(name, 1, static (_, count) => count + 1);
                return file.Sync();
            }

            public int SetLength(long length) => file.SetLength(length);

            public void Dispose() => file.Dispose();
        }
    }
}
