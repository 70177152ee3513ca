// What is left behind when the server dies of a bug (control plane).
using FastKv.Engine.Configuration;
using FastKv.Engine.Logging;

namespace FastKv.Server;

/// <summary>Writes unhandled exceptions to the log before the runtime ends the process.</summary>
internal static class CrashReport
{
    /// <summary>From now on, an unhandled exception on any thread leaves a report in the log.</summary>
    internal static void Install(ServerConfig config, ServerLog log)
        => AppDomain.CurrentDomain.UnhandledException += (_, e) =>
        {
            if (config.Options.CrashLogEnabled)
                Write(log, e.ExceptionObject);
        };

    private static void Write(ServerLog log, object exception)
    {
        if (exception is OutOfMemoryException)
        {
            log.Warning("Out of memory: the system gave no more. Set maxmemory, or give this host more memory.");
        }
        log.Warning("=== FASTKV BUG REPORT START: Cut & paste starting from here ===");
        log.Warning($"FastKv {ServerVersion.FastKvVersion} crashed: {exception}");
        log.Warning("=== FASTKV BUG REPORT END. Make sure to include from START to END. ===");
    }
}
