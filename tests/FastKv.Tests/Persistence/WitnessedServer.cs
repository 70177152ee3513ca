using System.Net;
using FastKv.Engine;
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;
using FastKv.Engine.Persistence.Aof;
using FastKv.Tests.TestKit;

namespace FastKv.Tests.Persistence;

/// <summary>A server of this process with an append-only file, on a file system whose fsyncs a test watches, delays and fails.</summary>
internal sealed class WitnessedServer : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FastKvServer _server;
    private readonly int _port = FreePort.Next();

    public WitnessedServer(int shards, string policy)
    {
        Witness = new SyncWitness(_folder.Path);
        var log = new ServerLog { Silent = true };
        var config = new ServerConfig(log);
        config.Load(null, null, $"shards {shards}\nport {_port}\nappendonly yes\nappendfsync {policy}\nsave \"\"\n");
        _server = new FastKvServer(config, log, null, null, Witness);
        Pressure.LateUs = long.MaxValue;
        _ = _server.LoadAndStart();
    }

    public SyncWitness Witness { get; }

    /// <summary>When clients have to wait for the disk: never because of a slow fsync, unless the test wants it.</summary>
    public JournalPressure Pressure => _server.Aof.Pressure;

    public RespClient Connect() => RespClient.Connect(new IPEndPoint(IPAddress.Loopback, _port));

    public void Dispose()
    {
        Witness.Gate.Set();
        _server.Dispose();
        Witness.Dispose();
        _folder.Dispose();
    }
}
