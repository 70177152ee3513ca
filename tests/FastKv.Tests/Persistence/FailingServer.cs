using System.Diagnostics;
using System.Net;
using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Files;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>
/// A server of this process on a disk that fails or waits where a test wishes; what it leaves behind can be loaded by another one, in a process of its own.
/// </summary>
internal sealed class FailingServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _shards;
    private readonly FastKvServer _server;
    private readonly ServerLog _log;
    private readonly int _port = FreePort.Next();
    private readonly List<ManualResetEventSlim> _gates = [];

    public FailingServer(int shards, string options, Func<string, FileCall, int>? fault = null)
    {
        _shards = shards;
        Directory = Path.Combine(_folder.Path, "appendonlydir");
        System.IO.Directory.CreateDirectory(Directory);
        Files = new FailingFiles(Directory);
        Files.Fault = fault ?? Files.Fault;
        _log = new ServerLog { Silent = true };
        var config = new ServerConfig(_log);
        config.Load(null, null, $"shards {shards}\nport {_port}\nsave \"\"\nlogfile {LogPath}\nenable-debug-command yes\n{options}\n");
        _server = new FastKvServer(config, _log, null, null, Files);
        _ = _server.LoadAndStart();
    }

    public FailingFiles Files { get; }

    /// <summary>Where the files of the log are.</summary>
    public string Directory { get; }

    public Engine.Persistence.Aof.AppendOnlyLog Aof => _server.Aof;

    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    private string LogPath => Path.Combine(_folder.Path, "log");

    public RespClient Connect() => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, _port));

    /// <summary>A key that lies on a shard.</summary>
    public string KeyOn(int shard)
    {
        for (int i = 0; ; i++)
        {
            byte[] name = System.Text.Encoding.ASCII.GetBytes($"key{i}");
            unsafe
            {
                fixed (byte* start = name)
                {
                    if (_server.Partitions[0].Routing.ShardOf(start, name.Length) == shard)
                        return $"key{i}";
                }
            }
        }
    }

    /// <summary>Keeps all writes to files waiting whose names begin so, until the event is set.</summary>
    public ManualResetEventSlim Hold(string prefix)
    {
        var gate = new ManualResetEventSlim();
        _gates.Add(gate);
        Files.Fault = (name, call) =>
        {
            if (call == FileCall.Write && name.StartsWith(prefix, StringComparison.Ordinal))
                gate.Wait();
            return 0;
        };
        return gate;
    }

    /// <summary>Waits until all shards pause in the midst of a snapshot that is held.</summary>
    public void AwaitPause() =>
        Await(() => Array.TrueForAll(_server.Partitions, partition => partition.Snapshot.WaitsForDisk), "a snapshot that pauses");

    /// <summary>What a server finds that starts on the files as they are now (for instance after a crash at this moment).</summary>
    public T Restarted<T>(Func<RespClient, T> look)
    {
        using var copy = new TemporaryFolder();
        string directory = Path.Combine(copy.Path, "appendonlydir");
        Patience.Until(() => TryCopyTo(directory), "the files are never the same for long enough to be copied");
        using var server = new AofServer(copy.Path, isFastKv: true, "--shards", _shards.ToString(), "--enable-debug-command", "yes");
        using RespClient client = server.Connect();
        return look(client);
    }

    // Files come and go while the server works: a copy counts when the same were there before and after, under the same manifest.
    private bool TryCopyTo(string directory)
    {
        if (System.IO.Directory.Exists(directory))
            System.IO.Directory.Delete(directory, recursive: true);
        System.IO.Directory.CreateDirectory(directory);
        try
        {
            string before = Listing();
            foreach (string file in System.IO.Directory.GetFiles(Directory))
                File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
            return Listing() == before;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private string Listing()
    {
        string[] files = [.. System.IO.Directory.GetFiles(Directory).Order(StringComparer.Ordinal)];
        return string.Join('\n', files.Concat(files.Where(file => file.EndsWith(".manifest", StringComparison.Ordinal)).Select(File.ReadAllText)));
    }

    /// <summary>Waits until INFO persistence has a line.</summary>
    public static void Await(RespClient client, string line) =>
        Await(() => client.Call("INFO", "persistence").Text.Contains(line + "\r\n", StringComparison.Ordinal), line);

    public static void Await(Func<bool> condition, string what)
    {
        var watch = Stopwatch.StartNew();
        while (!condition())
        {
            if (watch.ElapsedMilliseconds > 60_000)
                throw new TimeoutException("it does not happen: " + what);
            Thread.Sleep(5);
        }
    }

    public void Dispose()
    {
        foreach (var gate in _gates)
            gate.Set();
        Files.Fault = (_, _) => 0;
        _server.Dispose();
        foreach (var gate in _gates)
            gate.Dispose();
        _folder.Dispose();
    }
}
