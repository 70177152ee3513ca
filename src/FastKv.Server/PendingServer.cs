// The place of the engine's server until it is there (control plane): it serves nothing, but starts and stops.
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>A server without shards.</summary>
internal sealed class FastKvServer(ServerConfig config, ServerLog log) : IDisposable
{
    private readonly ManualResetEventSlim shutdown = new();

    /// <summary>Starts to serve.</summary>
    internal void Start() => log.Debug($"{config.Options.Shards} shards");

    /// <summary>Waits for the end; returns the exit code.</summary>
    internal int WaitForShutdown()
    {
        shutdown.Wait();
        return 0;
    }

    /// <summary>Asks for the end.</summary>
    internal void RequestShutdown(string signalName)
    {
        log.Debug(signalName);
        shutdown.Set();
    }

    /// <summary>Releases everything.</summary>
    public void Dispose() => shutdown.Dispose();
}
