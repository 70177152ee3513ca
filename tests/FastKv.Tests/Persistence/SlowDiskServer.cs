using System.Net;
using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Aof;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>A server of this process with an append-only file, on a file system that a test slows down.</summary>
internal sealed class SlowDiskServer : IDisposable
{
    private const int PatienceMs = 60_000;

    private readonly TemporaryFolder _folder = new();
    private readonly FastKvServer _server;
    private readonly int _port = FreePort.Next();

    /// <param name="shards">Shards.</param>
    /// <param name="lines">Lines of its configuration.</param>
    public SlowDiskServer(int shards, params string[] lines)
    {
        Files = new SlowFiles(_folder.Path);
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, $"shards {shards}\nport {_port}\nappendonly yes\nsave \"\"\n{string.Join('\n', lines)}\n");
        _server = new FastKvServer(config, log, null, null, Files);
        _ = _server.LoadAndStart();
    }

    public SlowFiles Files { get; }

    /// <summary>When clients have to wait for the disk.</summary>
    public JournalPressure Pressure => _server.Aof.Pressure;

    public RespClient Connect() => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, _port));

    /// <summary>Asks until the answer is yes.</summary>
    public static void Await(Func<bool> isSo, string what)
    {
        for (long until = Environment.TickCount64 + PatienceMs; !isSo(); Thread.Sleep(5))
        {
            if (Environment.TickCount64 > until)
                throw new TimeoutException(what);
        }
    }

    public void Dispose()
    {
        Files.LetGo();
        _server.Dispose();
        Files.Dispose();
        _folder.Dispose();
    }
}
